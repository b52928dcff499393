"""Batches: what stands beside the rows stays with them; Arrow comes in and goes out in place."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch, TupleNames
from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.row import Row
from flinkette._native.values import ConversionError
from kernels.arrow_arrays import arrays

NO_TIME = -(2**63)
FLIGHTS = pa.table(
    {
        "carrier": ["UA", "AA", None],
        "delay": pa.array([3, None, -2], pa.int32()),
        "legs": [[1.5], [], None],
    }
)
FLIGHT_ROWS = [Row(carrier="UA", delay=3, legs=[1.5]), Row(carrier="AA", delay=None, legs=[]),
               Row(carrier=None, delay=-2, legs=None)]  # fmt: skip


def full_batch(values: list[Any]) -> Batch:
    """Make a batch of objects with everything that may stand beside them."""
    count = len(values)
    return Batch.from_objects(
        values,
        Int64Buffer.of(range(count)),
        keys=[f"k{at}" for at in range(count)],
        hashes=Int64Buffer.of([at * 100 for at in range(count)]),
        kinds=bytes(at % 4 for at in range(count)),
    )


def contents(batch: Batch) -> list[Any]:
    """Rows with what stands beside each."""
    count = len(batch)
    keys = batch.keys.to_objects() if isinstance(batch.keys, Column) else batch.keys
    beside = [each or [None] * count for each in (batch.times, keys, batch.hashes, batch.kinds)]
    return list(zip(batch.objects(), *map(list, beside), strict=True))


def test_a_table_becomes_columns_and_its_rows_rows() -> None:
    batch = Batch.from_arrow(FLIGHTS)
    assert batch.is_columnar
    assert batch.names == ("carrier", "delay", "legs")
    assert batch.row_type == batch.names
    assert batch.objects() == FLIGHT_ROWS
    assert batch.objects() is batch.objects()
    assert pa.table(batch) == FLIGHTS


def test_an_array_becomes_a_batch_of_bare_values() -> None:
    batch = Batch.from_arrow(pa.array([1, None]))
    assert batch.names is None
    assert batch.objects() == [1, None]
    assert pa.array(batch) == pa.array([1, None])


def test_structs_with_nulls_stay_one_column() -> None:
    batch = Batch.from_arrow(pa.array([{"a": 1}, None]))
    assert batch.names is None
    assert batch.objects() == [Row(a=1), None]


def test_a_table_without_columns_keeps_its_row_count() -> None:
    batch = Batch.from_arrow(pa.table({"a": [1, 2]}).select([]).to_batches()[0])
    assert (len(batch), batch.names) == (2, ())
    assert batch.slice(0, 1).objects() == [Row()]


@given(arrays())
def test_a_batch_of_any_column_comes_back_as_it_was(array: pa.Array) -> None:
    table = pa.table({"a": array, "b": range(len(array))})
    again = pa.table(Batch.from_arrow(table))
    again.validate(full=True)
    assert again.schema == table.schema
    assert again.to_pylist() == table.to_pylist()


def test_polars_frames_come_and_go() -> None:
    frame = pl.DataFrame(
        {
            "a": [1, None],
            "s": ["x" * 30, "y"],
            "t": [dt.datetime(2020, 1, 1), None],
            "l": [[1.5], [None]],
            "c": pl.Series(["u", "v"], dtype=pl.Categorical),
        }
    )
    batch = Batch.from_arrow(frame)
    assert batch.objects()[0] == Row(a=1, s="x" * 30, t=dt.datetime(2020, 1, 1), l=[1.5], c="u")
    assert pl.DataFrame(batch).equals(frame)


def test_pandas_frames_come_and_go() -> None:
    frame = pd.DataFrame(
        {
            "a": [1, 2],
            "s": ["x", "y"],
            "t": pd.to_datetime(["2020-01-01", "2020-01-02"]),
            "c": pd.Categorical(["u", "v"]),
        }
    )
    batch = Batch.from_arrow(frame)
    assert batch.objects()[1] == Row(a=2, s="y", t=dt.datetime(2020, 1, 2), c="v")
    again = pd.DataFrame(pa.table(batch).to_pandas())
    pd.testing.assert_frame_equal(again, frame, check_dtype=False, check_categorical=False)


def test_duckdb_relations_come_and_go() -> None:
    relation = duckdb.sql(
        "select 1::bigint as a, 'x' as s, [1, 2] as l, {'q': 1} as d, map {'k': 2} as m, "
        "1.5::decimal(10, 2) as n, 'u'::enum('u', 'v') as e"
    )
    batch = Batch.from_arrow(relation)
    assert batch.objects()[0].as_dict() == relation.to_arrow_table().to_pylist()[0] | {
        "d": Row(q=1), "m": {"k": 2},
    }  # fmt: skip
    assert duckdb.sql("select a + 1, s from batch").fetchall() == [(2, "x")]


def test_a_stream_is_read_batch_by_batch_as_it_is_asked_for() -> None:
    read = 0

    def batches() -> Any:
        nonlocal read
        for batch in FLIGHTS.to_batches(max_chunksize=2):
            read += 1
            yield batch

    reader = Batch.from_arrow_stream(pa.RecordBatchReader.from_batches(FLIGHTS.schema, batches()))
    assert reader.names == ("carrier", "delay", "legs")  # type: ignore[attr-defined]
    assert next(reader).objects() == FLIGHT_ROWS[:2]
    assert read == 1
    assert [batch.objects() for batch in reader] == [FLIGHT_ROWS[2:]]
    assert list(reader) == []


def test_a_stream_that_fails_says_why() -> None:
    def batches() -> Any:
        yield FLIGHTS.to_batches()[0]
        raise RuntimeError("disk gone")

    reader = Batch.from_arrow_stream(pa.RecordBatchReader.from_batches(FLIGHTS.schema, batches()))
    next(reader)
    with pytest.raises(OSError, match="disk gone"):
        next(reader)


def test_a_closed_stream_gives_nothing_more() -> None:
    reader = Batch.from_arrow_stream(FLIGHTS)
    reader.close()  # type: ignore[attr-defined]
    assert list(reader) == []
    assert [len(batch) for batch in Batch.from_arrow_stream(FLIGHTS.to_batches()[0])] == [3]


def test_what_does_not_speak_arrow_is_refused() -> None:
    for read in (Batch.from_arrow, Batch.from_arrow_stream):
        with pytest.raises(TypeError, match="list has neither __arrow_c_array__"):
            read([1])


@given(st.integers(0, 6), st.data())
def test_slices_and_gathered_rows_keep_what_stands_beside_them(
    count: int, data: st.DataObject
) -> None:
    batch = full_batch([[at] for at in range(count)])
    whole = contents(batch)
    start = data.draw(st.integers(0, count))
    stop = data.draw(st.integers(start, count))
    assert contents(batch.slice(start, stop)) == whole[start:stop]
    rows = data.draw(st.lists(st.integers(0, count - 1))) if count else []
    assert contents(batch.take(Uint32Buffer.of(rows))) == [whole[row] for row in rows]
    joined = Batch.concat([batch.slice(start, stop), batch, batch.slice(0, start)])
    assert contents(joined) == whole[start:stop] + whole + whole[:start]


@given(st.data())
def test_columns_are_cut_gathered_and_joined_like_objects(data: st.DataObject) -> None:
    keys = Column.from_objects(["a", "b", "c"])
    batch = Batch.from_arrow(FLIGHTS, Int64Buffer.of([5, 6, 7])).with_keys(keys)
    if data.draw(st.booleans()):
        batch.objects()  # cached rows follow
    whole = [(row, at + 5, "abc"[at], None, None) for at, row in enumerate(FLIGHT_ROWS)]
    assert contents(batch.slice(1, 3)) == whole[1:]
    assert contents(batch.take(Uint32Buffer.of([2, 0, 2]))) == [whole[2], whole[0], whole[2]]
    joined = Batch.concat([batch.slice(1, 3), batch])
    assert joined.is_columnar
    assert contents(joined) == whole[1:] + whole


def test_batches_of_different_columns_are_joined_as_objects() -> None:
    left, right = Batch.from_arrow(pa.array([1])), Batch.from_arrow(pa.array(["a"]))
    joined = Batch.concat([left, right, Batch.from_objects([None])])
    assert not joined.is_columnar
    assert joined.objects() == [1, "a", None]


def test_joining_fills_missing_times_and_kinds_and_drops_missing_keys() -> None:
    joined = Batch.concat([full_batch(["x", "y"]), Batch.from_objects(["z"])])
    assert list(joined.times or ()) == [0, 1, NO_TIME]
    assert joined.kinds == b"\x00\x01\x00"
    assert joined.keys is None
    assert joined.hashes is None


def test_batches_are_made_anew_not_changed() -> None:
    batch = Batch.from_arrow(FLIGHTS)
    timed = batch.with_times(batch.column("delay").from_objects([1, 2, 3]).times_ms())
    assert batch.times is None
    assert list(timed.times) == [1, 2, 3]
    assert timed.with_times(None).times is None
    assert timed.with_keys(["a", "b", "c"], Int64Buffer.of([1, 2, 3])).keys == ["a", "b", "c"]
    assert timed.with_kinds(b"\0\1\2").kinds == b"\0\1\2"
    assert timed.columns == batch.columns


def test_columns_are_found_by_name_and_index() -> None:
    batch = Batch.from_arrow(FLIGHTS, Int64Buffer.of([1, 2, 3]))
    assert batch.column("delay").to_objects() == [3, None, -2]
    assert batch.column(0) is batch.column("carrier")
    chosen = batch.select_columns(["legs", 0])
    assert chosen.names == ("legs", "carrier")
    assert chosen.objects()[0] == Row(legs=[1.5], carrier="UA")
    assert list(chosen.times) == [1, 2, 3]
    with pytest.raises(KeyError, match="'x' is not one of"):
        batch.column("x")
    with pytest.raises(IndexError, match="column 3 of 3"):
        batch.column(3)
    with pytest.raises(TypeError, match="has no columns"):
        Batch.from_objects([1]).column(0)


def test_columns_make_a_batch() -> None:
    columns = [Column.from_objects([1, 2]), Column.from_buffer(np.array([0.5, 1.5]))]
    batch = Batch.from_columns(columns, ["a", "b"])
    assert batch.objects() == [Row(a=1, b=0.5), Row(a=2, b=1.5)]
    assert Batch.from_columns(columns[:1]).objects() == [1, 2]
    assert Batch.from_columns(columns, TupleNames(["a", "b"])).objects() == [(1, 0.5), (2, 1.5)]
    with pytest.raises(ValueError, match="2 columns need names"):
        Batch.from_columns(columns)
    with pytest.raises(ValueError, match="2 columns, but 1 names"):
        Batch.from_columns(columns, ["a"])
    with pytest.raises(ValueError, match="columns of 2 and 1 rows"):
        Batch.from_columns([columns[0], columns[1].slice(0, 1)], ["a", "b"])


ROW_SPEC = ("row", ("name", "size"), (("string",), ("long",)))


def test_rows_of_a_declared_type_become_columns() -> None:
    rows = [Row("a", 1), Row("b", None)]
    batch = Batch.from_rows(rows, ROW_SPEC, Int64Buffer.of([1, 2]))
    assert batch.objects() is rows
    assert pa.table(batch) == pa.table({"name": ["a", "b"], "size": [1, None]})
    assert batch.take(Uint32Buffer.of([1])).objects() == [Row("b", None)]
    assert Batch.from_rows([1, 2], ("int",)).column(0).type_name == "int32"


def test_tuples_of_a_declared_type_come_back_as_tuples() -> None:
    batch = Batch.from_rows([("a", 1), ("b", 2)], ("tuple", (("string",), ("long",))))
    assert batch.names == ("f0", "f1")
    again = Batch.from_columns(batch.columns or (), batch.row_type)
    assert again.objects() == [("a", 1), ("b", 2)]
    assert again.select_columns(["f1"]).slice(0, 1).objects() == [(1,)]


def test_rows_that_do_not_fit_are_named() -> None:
    with pytest.raises(ConversionError, match=r"row 1, field 'size'.*'x' of type str"):
        Batch.from_rows([Row("a", 1), Row("b", "x")], ROW_SPEC)
    with pytest.raises(ConversionError, match=r"row 0.*rows of a table cannot be null"):
        Batch.from_rows([None], ROW_SPEC)


def test_objects_have_an_arrow_form_only_with_a_type() -> None:
    batch = full_batch([Row("a", 1)])
    for lend in (batch.__arrow_c_array__, batch.__arrow_c_schema__, batch.__arrow_c_stream__):
        with pytest.raises(TypeError, match="1 Python objects has no Arrow form; declare"):
            lend()
    typed = batch.typed(ROW_SPEC)
    assert pa.table(typed).to_pylist() == [{"name": "a", "size": 1}]
    assert contents(typed) == contents(batch)


def test_what_stands_beside_must_be_as_long_as_the_rows() -> None:
    two = Int64Buffer.of([1, 2])
    with pytest.raises(ValueError, match="2 times for 1 rows"):
        Batch.from_objects([1], two)
    with pytest.raises(ValueError, match="0 keys for 1 rows"):
        Batch.from_objects([1], keys=[])
    with pytest.raises(ValueError, match="2 hashes for 1 rows"):
        Batch.from_objects([1], hashes=two)
    with pytest.raises(ValueError, match="2 row kinds for 1 rows"):
        Batch.from_objects([1], kinds=b"\0\0")


def test_rows_outside_the_batch_are_refused() -> None:
    for batch in (Batch.from_objects([1]), Batch.from_arrow(pa.array([1]))):
        with pytest.raises(IndexError):
            batch.slice(0, 2)
        with pytest.raises(IndexError):
            batch.take(Uint32Buffer.of([1]))
    with pytest.raises(ValueError, match="at least one batch"):
        Batch.concat([])


def test_importing_batches_loads_neither_numpy_nor_pyarrow(run_python: Any) -> None:
    program = "import sys, flinkette._native.batch; print({'numpy', 'pyarrow'} & {*sys.modules})"
    assert run_python("-c", program).stdout.strip() == "set()"
