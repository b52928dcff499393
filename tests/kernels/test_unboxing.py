"""Python values to columns: typed by what they are, or as declared."""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Callable
from decimal import Decimal
from enum import IntEnum
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.column import Column
from flinkette._native.row import Row
from flinkette._native.values import ConversionError
from kernels.arrow_arrays import rows_as_dicts


class Colour(IntEnum):
    RED = 1


class Text(str):
    __slots__ = ()


PLAIN = [
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.text(st.characters(codec="utf-8")),
    st.binary(),
]
ODD = st.sampled_from([
    2**63, -(2**63) - 1, Colour.RED, Text("a"), "\ud800", np.int64(1), np.float64(1.0), np.bool_(1),
    bytearray(b"a"), (1,), [1], {}, 1j, Decimal(1), dt.date(2000, 1, 1), object(),
])  # fmt: skip


def is_same(left: Any, right: Any) -> bool:
    """Equal and of the same type; floats bit for bit."""
    if type(left) is float and type(right) is float:
        return struct.pack("d", left) == struct.pack("d", right)
    return type(left) is type(right) and left == right


@given(st.one_of(*[st.lists(st.none() | kind) for kind in PLAIN]))
def test_plain_values_come_back_equal_and_of_the_same_type(values: list[Any]) -> None:
    column = Column.from_objects(values)
    assert column is not None
    assert all(map(is_same, values, column.to_objects()))
    assert len(column) == len(values)
    assert column.null_count == values.count(None)
    pa.array(column).validate(full=True)


@given(st.lists(st.one_of(st.none(), *PLAIN, ODD), max_size=6))
def test_mixed_values_come_back_or_stay_objects(values: list[Any]) -> None:
    column = Column.from_objects(values)
    if column is not None:
        assert all(map(is_same, values, column.to_objects()))
    else:
        assert {type(value) for value in values} != {int} or not all(
            -(2**63) <= value < 2**63 for value in values
        )


@given(ODD, st.sampled_from([1, 1.0, True, "a", b"a", None]), st.integers(0, 3))
def test_one_value_that_is_not_plain_keeps_all_of_them_objects(
    odd: Any, value: Any, at: int
) -> None:
    values = [value] * 3
    values.insert(at, odd)
    assert Column.from_objects(values) is None


def test_nan_payloads_and_the_sign_of_zero_survive() -> None:
    nan = struct.unpack("d", struct.pack("Q", 0x7FF8_0000_DEAD_BEEF))[0]
    boxed = Column.from_objects([nan, -nan, -0.0, 0.0]).to_objects()  # type: ignore[union-attr]
    assert all(map(is_same, [nan, -nan, -0.0, 0.0], boxed))


def test_values_that_are_all_none_or_missing_are_a_column_of_nulls() -> None:
    for values in ([], [None, None]):
        column = Column.from_objects(values)
        assert column is not None
        assert column.type_name == "null"
        assert column.to_objects() == values


instant = st.builds(
    lambda seconds, nanos: SimpleNamespace(seconds=seconds, nanos=nanos),
    st.integers(-(10**9), 10**9),
    st.integers(0, 10**9 - 1),
)
DECLARED: list[tuple[tuple[Any, ...], st.SearchStrategy[Any], pa.DataType]] = [
    (("byte",), st.integers(-128, 127), pa.int8()),
    (("short",), st.integers(-(2**15), 2**15 - 1), pa.int16()),
    (("int",), st.integers(-(2**31), 2**31 - 1), pa.int32()),
    (("long",), st.integers(-(2**63), 2**63 - 1), pa.int64()),
    (("float",), st.floats(width=32, allow_nan=False), pa.float32()),
    (("double",), st.floats(allow_nan=False), pa.float64()),
    (("boolean",), st.booleans(), pa.bool_()),
    (("string",), st.text(st.characters(codec="utf-8")), pa.string()),
    (("char",), st.characters(codec="utf-8"), pa.string()),
    (("bytes",), st.binary(), pa.binary()),
    (("date",), st.dates(), pa.date32()),
    (("time",), st.times(), pa.time64("us")),
    (("timestamp",), st.datetimes(), pa.timestamp("us")),
    (
        ("decimal",),
        st.decimals(-(10**9), 10**9, places=5, allow_nan=False),
        pa.decimal128(38, 18),
    ),
    (("decimal", 7, 2), st.decimals(-99999, 99999, places=2), pa.decimal128(7, 2)),
    (("big_int",), st.integers(-(10**38) + 1, 10**38 - 1), pa.decimal128(38, 0)),
]


def nested(inner: Any) -> Any:
    return inner.flatmap(
        lambda drawn: st.sampled_from(
            [
                (
                    ("list", drawn[0]),
                    st.lists(st.none() | drawn[1], max_size=4),
                    pa.list_(drawn[2]),
                ),
                (
                    ("basic_array", drawn[0]),
                    st.lists(st.none() | drawn[1], max_size=4),
                    pa.list_(drawn[2]),
                ),
                (
                    ("map", ("string",), drawn[0]),
                    st.dictionaries(st.text("ab", max_size=2), st.none() | drawn[1], max_size=3),
                    pa.map_(pa.string(), drawn[2]),
                ),
                (
                    ("row", ("x", "y"), (drawn[0], ("int",))),
                    st.fixed_dictionaries({"x": st.none() | drawn[1], "y": st.integers(0, 9)}),
                    pa.struct({"x": drawn[2], "y": pa.int32()}),
                ),
            ]
        )
    )


declared = st.recursive(st.sampled_from(DECLARED), nested, max_leaves=3)


@given(declared.flatmap(lambda drawn: st.tuples(st.just(drawn), st.lists(st.none() | drawn[1]))))
def test_declared_values_become_the_arrow_type_and_come_back(drawn: Any) -> None:
    (spec, _, kind), values = drawn
    column = Column.from_objects_typed(values, spec)
    array = pa.array(column)
    array.validate(full=True)
    assert array.type == kind
    assert [rows_as_dicts(value) for value in column.to_objects()] == values


@given(st.lists(st.none() | instant))
def test_instants_are_nanoseconds_in_utc(values: list[Any]) -> None:
    array = pa.array(Column.from_objects_typed(values, ("instant",)))
    assert array.type == pa.timestamp("ns", "UTC")
    assert array.cast(pa.int64()).to_pylist() == [
        None if value is None else value.seconds * 10**9 + value.nanos for value in values
    ]


def test_rows_are_read_by_name_where_they_have_names() -> None:
    spec = ("row", ("a", "b"), (("int",), ("string",)))
    values = [Row(b="x", a=1), Row(2, "y"), (3, "z"), [4, None], {"b": None, "a": 5}, None]
    assert pa.array(Column.from_objects_typed(values, spec)).to_pylist() == [
        {"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}, {"a": 4, "b": None},
        {"a": 5, "b": None}, None,
    ]  # fmt: skip


def test_bytes_are_read_from_what_pyflink_takes_as_byte_arrays() -> None:
    values = [b"a", bytearray(b"b"), [1, -1, 255], memoryview(b"c"), None]
    assert Column.from_objects_typed(values, ("bytes",)).to_objects() == [
        b"a", b"b", b"\x01\xff\xff", b"c", None,
    ]  # fmt: skip


def test_numpy_numbers_fit_declared_types() -> None:
    assert Column.from_objects_typed([np.int8(5), np.uint64(7)], ("int",)).to_objects() == [5, 7]
    assert Column.from_objects_typed([np.float32(0.5), 2], ("double",)).to_objects() == [0.5, 2.0]


@pytest.mark.parametrize(("spec", "values", "message"), [
    (("long",), [1, 2**63], "row 1 (LONG): 9223372036854775808 does not fit 64 bits"),
    (("byte",), [128], "row 0 (BYTE): 128 does not fit 8 bits"),
    (("int",), [1, True], "row 1 (INT): True of type bool is not an int"),
    (("int",), ["1"], "row 0 (INT): '1' of type str is not an int"),
    (("float",), [1e39], "row 0 (FLOAT): 1e+39 does not fit 32 bits"),
    (("double",), ["1.0"], "row 0 (DOUBLE): '1.0' of type str is not a number"),
    (("double",), [10**400], "does not fit a float"),
    (("boolean",), [1], "row 0 (BOOLEAN): 1 of type int is not a bool"),
    (("string",), ["a", b"b"], "row 1 (STRING): b'b' of type bytes is not a str"),
    (("string",), ["a", "\ud800"], r"row 1 (STRING): '\ud800' has a lone surrogate"),
    (("bytes",), ["a"], "row 0 (BYTES): 'a' of type str is not bytes"),
    (("bytes",), [[300]], "row 0 (BYTES): [300] of type list is not bytes"),
    (("date",), [dt.datetime(2000, 1, 1)], "is not a datetime.date"),
    (("time",), [dt.date(2000, 1, 1)], "is not a datetime.time"),
    (("timestamp",), [dt.date(2000, 1, 1)], "is not a datetime.datetime"),
    (("instant",), [5], "row 0 (INSTANT): 5 of type int is not an Instant"),
    (("instant",), [SimpleNamespace(seconds=10**10, nanos=0)], "years 1677 to 2262"),
    (("decimal",), [Decimal("NaN")], "is not finite"),
    (("decimal", 4, 2), [Decimal("1.005")], "does not fit 4 digits, 2 of them behind the point"),
    (("decimal",), [1.5], "row 0 (DECIMAL): 1.5 of type float is not a Decimal"),
    (("big_int",), [10**38], "does not fit 38 digits"),
    (("big_int",), [10**5000], "do not fit 38 digits"),
    (("list", ("int",)), [[1], "ab"], "row 1 (LIST): 'ab' of type str is not a list"),
    (("list", ("int",)), [[1], None, [], [2, "x"]], "row 3, item 1 (INT): 'x' of type str"),
    (("map", ("string",), ("int",)), [{}, [1]], "row 1 (MAP): [1] of type list is not a dict"),
    (("map", ("string",), ("int",)), [{None: 1}], "has the key None"),
    (("map", ("string",), ("int",)), [{}, {"a": 1, 2: 3}], "row 1, key 2 (STRING): 2 of type int"),
    (
        ("list", ("map", ("string",), ("row", ("q",), (("int",),)))),
        [[], [{}, {"k": ("x",)}]],
        "row 1, item 1, value of key 'k', field 'q' (INT): 'x' of type str is not an int",
    ),
    (("row", ("a",), (("int",),)), [(1, 2)], "has 2 fields, not the 1 declared: a"),
    (("row", ("a",), (("int",),)), [Row(b=1)], "has the fields ['b'] but not ['a']"),
    (("row", ("a",), (("int",),)), [5], "row 0 (ROW): 5 of type int is not a Row"),
    (("tuple", (("int",),)), [(1,), (None, 2)], "row 1 (TUPLE)"),
])  # fmt: skip
def test_a_value_that_does_not_fit_is_named_with_its_row(
    spec: tuple[Any, ...], values: list[Any], message: str
) -> None:
    with pytest.raises(ConversionError) as caught:
        Column.from_objects_typed(values, spec)
    assert message in str(caught.value)


@pytest.mark.parametrize("make", [lambda spec: spec, lambda spec: ("list", spec)])
def test_pickled_values_have_no_arrow_form(make: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="'pickled' have no Arrow form; declare the type"):
        Column.from_objects_typed([], make(("pickled",)))


def test_float32_keeps_infinities_and_nan() -> None:
    boxed = Column.from_objects_typed([math.inf, -math.inf, math.nan], ("float",)).to_objects()
    assert boxed[:2] == [math.inf, -math.inf]
    assert math.isnan(boxed[2])
