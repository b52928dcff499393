"""Columns against pyarrow as the model: round trips, cutting, gathering, joining, boxing."""

from __future__ import annotations

import datetime as dt
import gc
import itertools
import struct
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.buffer import Uint32Buffer
from flinkette._native.column import Column, live_count
from kernels.arrow_arrays import arrays, expected, rows_as_dicts

UTC = dt.timezone.utc


def same_values(left: pa.Array, right: pa.Array) -> bool:
    right.validate(full=True)
    return left.type == right.type and left.to_pylist() == right.to_pylist()


@given(arrays())
def test_an_array_of_any_type_comes_back_as_it_was(array: pa.Array) -> None:
    column = Column.from_arrow(array)
    assert len(column) == len(array)
    assert column.null_count == array.null_count
    assert same_values(array, pa.array(column))


def has_nested_maps_or_nanoseconds(kind: pa.DataType) -> bool:
    inner = [kind.field(at).type for at in range(kind.num_fields)]
    return any(
        str(child).startswith(("map", "timestamp[ns", "duration[ns"))
        or has_nested_maps_or_nanoseconds(child)
        for child in inner
    )


@given(arrays())
def test_boxed_values_are_those_of_pyarrow(array: pa.Array) -> None:
    boxed = [rows_as_dicts(value) for value in Column.from_arrow(array).to_objects()]
    if has_nested_maps_or_nanoseconds(array.type):
        assert [value is None for value in boxed] == [not value.is_valid for value in array]
    else:
        # Maps without entries are written as [] by pyarrow.
        pairs = zip(boxed, expected(array), strict=True)
        assert all(ours == theirs or (ours == {} and theirs == []) for ours, theirs in pairs)


@given(arrays(), st.data())
def test_slices_are_those_of_pyarrow(array: pa.Array, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(array)))
    stop = data.draw(st.integers(start, len(array)))
    part = Column.from_arrow(array).slice(start, stop)
    assert part.null_count == array.slice(start, stop - start).null_count
    assert same_values(array.slice(start, stop - start), pa.array(part))


@given(arrays(), st.data())
def test_gathered_rows_are_those_of_pyarrow(array: pa.Array, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(array) - 1), max_size=30)) if len(array) else []
    taken = Column.from_arrow(array).take(Uint32Buffer.of(rows))
    theirs = pa.array([array[row].as_py() for row in rows], array.type)
    assert same_values(theirs, pa.array(taken))


@given(arrays(), st.data())
def test_joined_slices_are_those_of_pyarrow(array: pa.Array, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(array)), max_size=4)))
    ends = [0, *cuts, len(array)]
    parts = [array.slice(a, b - a) for a, b in itertools.pairwise(ends)]
    joined = Column.concat([Column.from_arrow(part) for part in reversed(parts)])
    model = [value for part in reversed(parts) for value in part.to_pylist()]
    assert same_values(pa.array(model, array.type), pa.array(joined))


@given(arrays())
def test_chunks_are_joined_on_the_way_in(array: pa.Array) -> None:
    column = Column.from_arrow(pa.chunked_array([array, array.slice(0, 0), array], array.type))
    assert same_values(pa.array(array.to_pylist() * 2, array.type), pa.array(column))


@given(st.lists(st.none() | st.sampled_from(["x", "yy", "z" * 20]), max_size=20))
def test_dictionaries_are_carried_gathered_and_joined(values: list[str | None]) -> None:
    array = pa.array(values, pa.string()).dictionary_encode()
    column = Column.from_arrow(array)
    assert column.to_objects() == values
    assert same_values(array, pa.array(column))
    other = Column.from_arrow(pa.array(["new", None]).dictionary_encode())
    joined = Column.concat([column, other, column.slice(0, len(values) // 2)])
    assert joined.to_objects() == [*values, "new", None, *values[: len(values) // 2]]
    pa.array(joined).validate(full=True)
    rows = list(reversed(range(len(values))))
    assert column.take(Uint32Buffer.of(rows)).to_objects() == values[::-1]


def test_rows_of_a_dictionary_of_lists_do_not_share_their_lists() -> None:
    values = pa.array([[1], [2]])
    column = Column.from_arrow(pa.DictionaryArray.from_arrays(pa.array([1, None, 1, 0]), values))
    boxed = column.to_objects()
    assert boxed == [[2], None, [2], [1]]
    assert boxed[0] is not boxed[2]


def test_structs_are_rows_and_maps_are_dicts() -> None:
    kind = pa.struct({"a": pa.int64(), "m": pa.map_(pa.string(), pa.list_(pa.int8()))})
    column = Column.from_arrow(pa.array([{"a": 1, "m": [("k", [1, None])]}, None], kind))
    row, none = column.to_objects()
    assert (row.a, row.m, none) == (1, {"k": [1, None]}, None)
    assert type(row).__name__ == "Row"


def test_timestamps_with_a_zone_are_aware_and_in_utc() -> None:
    moment = dt.datetime(2013, 7, 1, 12, 30, 0, 250, tzinfo=UTC)
    column = Column.from_arrow(pa.array([moment], pa.timestamp("us", "America/New_York")))
    (boxed,) = column.to_objects()
    assert boxed == moment
    assert boxed.tzinfo is UTC


def test_nanoseconds_are_rounded_down() -> None:
    assert Column.from_arrow(pa.array([-1, 1999], pa.timestamp("ns"))).to_objects() == [
        dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
        dt.datetime(1970, 1, 1, 0, 0, 0, 1),
    ]
    assert Column.from_arrow(pa.array([-1], pa.duration("ns"))).to_objects() == [
        dt.timedelta(microseconds=-1)
    ]


def test_wide_decimals_are_exact() -> None:
    value = Decimal("-12345678901234567890123456789012345678901234567890.123")
    assert Column.from_arrow(pa.array([value, None], pa.decimal256(60, 3))).to_objects() == [
        value,
        None,
    ]


@pytest.mark.parametrize("array", [
    pa.array([0, 10**18], pa.timestamp("s")),
    pa.array([0, 10**9], pa.int32()).view(pa.date32()),
    pa.array([0, -1], pa.time64("us")),
    pa.array([0, 2**62], pa.duration("s")),
    pa.array([b"ok", b"\xff"]).view(pa.string()),
])  # fmt: skip
def test_values_without_a_python_form_name_their_row(array: pa.Array) -> None:
    with pytest.raises(ValueError, match="row 1"):
        Column.from_arrow(array).to_objects()


def test_types_that_are_not_carried_are_refused_by_name() -> None:
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
    with pytest.raises(TypeError, match=r"format \"\+us:0\""):
        Column.from_arrow(union)
    with pytest.raises(TypeError, match="neither __arrow_c_array__"):
        Column.from_arrow([1, 2])
    months = Column.from_arrow(pa.array([(1, 2, 3)], pa.month_day_nano_interval()))
    with pytest.raises(TypeError, match=r"interval.*have no Python form"):
        months.to_objects()


def test_rows_outside_the_column_are_refused() -> None:
    column = Column.from_arrow(pa.array([1, 2]))
    with pytest.raises(IndexError, match="row 2 of a column of 2 rows"):
        column.take(Uint32Buffer.of([0, 2]))
    with pytest.raises(IndexError):
        column.slice(1, 3)
    with pytest.raises(IndexError):
        column.slice(1, 0)
    with pytest.raises(ValueError, match="int64 and utf8 cannot be joined"):
        Column.concat([column, Column.from_arrow(pa.array(["a"]))])
    with pytest.raises(ValueError, match="at least one"):
        Column.concat([])


class Watched:
    """Memory with the buffer protocol whose release is seen: a stand-in for another library's."""

    def __init__(self, values: Any) -> None:
        self.memory = bytearray(values)

    def is_lent(self) -> bool:
        try:
            self.memory.append(0)  # refused while anybody has a view
            self.memory.pop()
        except BufferError:
            return True
        return False


def test_foreign_memory_is_released_when_the_last_column_over_it_goes() -> None:
    watched = Watched(struct.pack("4q", 1, 2, 3, 4))
    array = pa.Array.from_buffers(pa.int64(), 4, [None, pa.py_buffer(watched.memory)])
    column = Column.from_arrow(array)
    del array
    part, taken = column.slice(1, 3), column.take(Uint32Buffer.of([0]))
    joined = Column.concat([column, column])
    lent = pa.array(part)
    del column, part
    assert watched.is_lent()
    assert lent.to_pylist() == [2, 3]
    del lent
    gc.collect()
    assert not watched.is_lent()
    assert taken.to_objects() + joined.to_objects() == [1, 1, 2, 3, 4, 1, 2, 3, 4]


def test_an_array_lent_but_never_taken_is_released_with_its_capsule() -> None:
    watched = Watched(struct.pack("2q", 1, 2))
    column = Column.from_arrow(
        pa.Array.from_buffers(pa.int64(), 2, [None, pa.py_buffer(watched.memory)])
    )
    capsules = [*column.__arrow_c_array__(), column.__arrow_c_stream__()]
    del column
    gc.collect()
    assert watched.is_lent()
    del capsules
    gc.collect()
    assert not watched.is_lent()


def test_a_capsule_is_consumed_once() -> None:
    class Lender:
        def __init__(self, array: pa.Array) -> None:
            self.capsules = array.__arrow_c_array__()

        def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
            return self.capsules

    lender = Lender(pa.array([1]))
    assert Column.from_arrow(lender).to_objects() == [1]
    with pytest.raises(ValueError, match="released or moved before"):
        Column.from_arrow(lender)


def test_columns_are_counted_while_they_live() -> None:
    gc.collect()
    before = live_count()
    columns = [Column.from_objects([1]) for _ in range(3)]
    columns.append(columns[0].slice(0, 0))
    assert live_count() == before + 4
    del columns
    gc.collect()
    assert live_count() == before


def test_numpy_sees_machine_values_without_a_copy() -> None:
    column = Column.from_arrow(pa.array([1.5, 2.5, 3.5])).slice(1, 3)
    view = np.asarray(column)
    assert view.dtype == np.float64
    assert view.tolist() == [2.5, 3.5]
    assert view.ctypes.data == np.asarray(column).ctypes.data
    assert memoryview(column).readonly
    assert np.asarray(Column.from_arrow(pa.array([], pa.int32()))).dtype == np.int32


@pytest.mark.parametrize(("array", "dtype"), [
    (pa.array([1, None, 3]), "f8"),
    (pa.array([True, False]), "?"),
    (pa.array([1, None], pa.timestamp("ms")), "M8[ms]"),
    (pa.array([1, 2], pa.duration("ns")), "m8[ns]"),
    (pa.array([1, 2], pa.date32()), "M8[D]"),
    (pa.array([[1], [2]]), "O"),
    (pa.array(["a", None]), "O"),
])  # fmt: skip
def test_other_columns_become_the_nearest_numpy_array(array: pa.Array, dtype: str) -> None:
    seen = np.asarray(Column.from_arrow(array))
    assert seen.dtype == np.dtype(dtype)
    if seen.dtype.kind in "fMm":
        missing = np.isnan(seen) if seen.dtype.kind == "f" else np.isnat(seen)
        assert missing.tolist() == [not value.is_valid for value in array]
        model = array.fill_null(0).to_numpy(zero_copy_only=False).astype(dtype)
        assert (seen[~missing] == model[~missing]).all()
    else:
        assert seen.tolist() == array.to_pylist()


def test_an_array_that_needs_a_copy_is_refused_when_none_is_wanted() -> None:
    with pytest.raises(ValueError, match="needs a copy"):
        Column.from_objects(["a"]).__array__(copy=False)
    copied = Column.from_objects([1, 2]).__array__(copy=True)
    copied[0] = 9
    assert copied.tolist() == [9, 2]


@pytest.mark.parametrize("code", "bBhHiIlLqQefd")
def test_numpy_arrays_become_columns_over_their_memory(code: str) -> None:
    array = np.arange(5, dtype=code)
    column = Column.from_buffer(array)
    assert column.to_objects() == array.tolist()
    assert pa.array(column).type == pa.from_numpy_dtype(array.dtype)
    assert np.asarray(column).ctypes.data == array.ctypes.data


def test_buffers_that_are_no_columns_are_refused() -> None:
    for buffer in (np.zeros((2, 2)), np.array(["a"]), np.array([1j]), np.zeros(2, dtype="?")):
        with pytest.raises(TypeError, match="is no column"):
            Column.from_buffer(buffer)
    with pytest.raises((ValueError, BufferError)):
        Column.from_buffer(np.arange(10)[::2])
    with pytest.raises(BufferError, match="1 nulls"):
        memoryview(Column.from_objects([1, None]))
    with pytest.raises(BufferError, match="utf8"):
        memoryview(Column.from_objects(["a"]))


@given(arrays())
def test_polars_reads_columns(array: pa.Array) -> None:
    try:
        theirs = pl.Series(pl.from_arrow(array))
    except (pl.exceptions.PolarsError, pa.ArrowException, NotImplementedError):
        return  # a type polars does not have
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        return
    assert pl.Series(Column.from_arrow(array)).to_list() == theirs.to_list()


def test_event_times_are_milliseconds_rounded_down() -> None:
    moment = dt.datetime(2013, 1, 1, 0, 0, 1)
    ms = 1356998401000
    for unit in ("s", "ms", "us", "ns"):
        assert list(Column.from_arrow(pa.array([moment], pa.timestamp(unit))).times_ms()) == [ms]
    assert list(Column.from_arrow(pa.array([-1], pa.timestamp("us"))).times_ms()) == [-1]
    assert list(Column.from_arrow(pa.array([-1], pa.timestamp("ns"))).times_ms()) == [-1]
    assert list(Column.from_objects([5, -7]).slice(1, 2).times_ms()) == [-7]
    day = dt.date(2013, 1, 1)
    for kind in (pa.date32(), pa.date64()):
        assert list(Column.from_arrow(pa.array([day], kind)).times_ms()) == [1356998400000]


def test_event_times_that_are_missing_or_impossible_are_named() -> None:
    with pytest.raises(ValueError, match="row 1 has no event time"):
        Column.from_objects([1, None]).times_ms()
    with pytest.raises(TypeError, match="a column of utf8 holds no event times"):
        Column.from_objects(["a"]).times_ms()
    with pytest.raises(OverflowError, match="row 0"):
        Column.from_arrow(pa.array([2**62], pa.timestamp("s"))).times_ms()
