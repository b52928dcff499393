"""Fixed values never change; converted values are what PyFlink's coders give back."""

from __future__ import annotations

import collections
import copy
import dataclasses
import enum
import math
import re
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette._native.values import (
    ConversionError,
    fix,
    fix_list,
    is_immutable,
    make_converter,
    register_immutable,
)
from flinkette.contracts.row import Row, RowKind


class Point(NamedTuple):
    x: Any
    y: Any


@dataclasses.dataclass
class Reading:
    sensor: Any
    value: Any


@dataclasses.dataclass(frozen=True)
class Frozen:
    value: Any


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slotted) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]


class Color(enum.Enum):
    RED = 1


class Number(int):
    pass


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.decimals(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.uuids(),
    st.just(Color.RED),
    st.integers().map(Number),
)
HASHABLE = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner), max_leaves=3)
VALUES = st.recursive(
    st.one_of(SCALARS, st.binary(max_size=5).map(bytearray), st.sets(HASHABLE, max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.lists(inner, max_size=4).map(lambda fields: Row(*fields)),
        st.tuples(inner, inner).map(lambda fields: Row(a=fields[0], b=fields[1])),
        st.builds(Point, inner, inner),
        st.builds(Reading, inner, inner),
        st.builds(Slotted, inner),
        st.builds(Frozen, inner),
        st.lists(inner, max_size=3).map(collections.deque),
    ),
    max_leaves=8,
)


def members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, Row, collections.deque)):
        return list(value)
    if isinstance(value, Reading):
        return [value.sensor, value.value]
    return [value.value] if isinstance(value, (Slotted, Frozen)) else []


def same(left: Any, right: Any) -> bool:
    """Equal and of the same type, recursively."""
    if type(left) is not type(right) or left != right:
        return False
    return all(same(*pair) for pair in zip(members(left), members(right), strict=True))


def ruin(value: Any) -> None:
    """Change everything that can be changed in a value, from the inside out."""
    for member in members(value):
        ruin(member)
    if isinstance(value, (list, bytearray, collections.deque)):
        value.append(0)
    elif isinstance(value, dict):
        value["ruined"] = 0
    elif isinstance(value, set):
        value.add("ruined")
    elif isinstance(value, Row) and len(value):
        value[0] = "ruined"
    elif isinstance(value, (Reading, Slotted)):
        value.value = "ruined"


@settings(max_examples=100)
@given(VALUES)
def test_a_fixed_value_is_the_same_and_stays_so_when_the_original_changes(value: Any) -> None:
    before = copy.deepcopy(value)
    fixed = fix(value)
    assert same(fixed, before)
    ruin(value)
    assert same(fixed, before)


IMMUTABLE: list[Any] = [
    None,
    True,
    7,
    1.5,
    "text",
    b"bytes",
    1j,
    (),
    (1, ("a", None)),
    Point(1, "a"),
    frozenset(),
    range(3),
    Decimal(1),
    Fraction(1, 2),
    uuid.UUID(int=1),
    date(2020, 1, 2),
    datetime(2020, 1, 2, tzinfo=timezone.utc),
    time(1),
    timedelta(1),
    Color.RED,
    re.compile("a"),
    len,
    fix,
    lambda: None,
    Reading,
    int,
]


@pytest.mark.parametrize("value", IMMUTABLE, ids=repr)
def test_a_value_that_cannot_change_is_handed_on_by_reference(value: Any) -> None:
    if value != frozenset():
        assert fix(value) is value
    assert is_immutable(value) or isinstance(value, frozenset)


@pytest.mark.parametrize(
    "value", [[1], {1: 2}, {1}, bytearray(b"a"), Row(1), ([1],), Point([1], 2), Number(3)], ids=repr
)
def test_a_value_that_can_change_is_copied(value: Any) -> None:
    fixed = fix(value)
    assert fixed is not value
    assert same(fixed, value)


def test_a_row_keeps_its_names_and_kind() -> None:
    row = Row.of_kind(RowKind.DELETE, a=[1])
    assert fix(row) == row


def test_numpy_scalars_pass_by_reference_and_arrays_are_copied() -> None:
    numpy = pytest.importorskip("numpy")
    scalar, array = numpy.float64(2), numpy.array([1, 2])
    fixed = fix((scalar, array))
    assert fixed[0] is scalar
    array[0] = 9
    assert fixed[1].tolist() == [1, 2]


def test_a_value_that_contains_itself_is_copied_with_its_cycle() -> None:
    cycle: list[Any] = [1]
    cycle.append(cycle)
    fixed = fix(cycle)
    assert fixed is not cycle
    assert fixed[1] is fixed


def test_nesting_deeper_than_the_structural_copy_goes_is_copied_too() -> None:
    value: list[Any] = []
    for _ in range(150):
        value = [value]
    assert fix(value) == value


def test_an_object_of_a_class_made_inside_a_function_is_copied() -> None:
    @dataclasses.dataclass
    class Local:
        values: list[int]

    original = Local([1])
    fixed = fix(original)
    original.values.append(2)
    assert fixed == Local([1])


def test_a_class_that_says_how_it_pickles_is_copied_that_way() -> None:
    counted = Counted(1)
    assert fix(counted).restored == 1


class Counted:
    def __init__(self, restored: int) -> None:
        self.restored = restored

    def __getstate__(self) -> dict[str, int]:
        return {"restored": 0}

    def __setstate__(self, state: dict[str, int]) -> None:
        self.restored = state["restored"] + 1


def test_a_value_that_cannot_be_copied_is_named_with_the_remedy() -> None:
    with pytest.raises(TypeError, match=r"generator .*pipeline\.object-reuse"):
        fix(character for character in "abc")


def test_a_class_can_be_registered_as_immutable() -> None:
    class Constant(Slotted):
        __slots__ = ()

    register_immutable(Constant)
    value = Constant(1)
    assert fix(value) is value


def test_a_list_of_values_is_fixed_in_one_call() -> None:
    changing = [1]
    fixed = fix_list([5, changing])
    changing.append(2)
    assert fixed == [5, [1]]


# What follows was recorded from PyFlink 2.3, through its coders or through jobs, unless a test's
# name says that we refuse what PyFlink gets wrong.

ROW2 = ("row", None, (("int",), ("string",)))
NAMED = ("row", ("a", "b"), (("int",), ("string",)))
PAIR = ("tuple", (("int",), ("string",)))
UTC = timezone.utc

CONVERTED: list[tuple[tuple[Any, ...], Any, Any]] = [
    (("long",), 1, 1),
    (("long",), True, 1),
    (("long",), 1.5, 1),
    (("long",), Decimal(3), 3),
    (("long",), -(2**63), -(2**63)),
    (("int",), 2**31 - 1, 2**31 - 1),
    (("byte",), -128, -128),
    (("big_int",), 2**80, 2**80),
    (("float",), 110.1, 110.0999984741211),
    (("float",), 1e300, math.inf),
    (("float",), 1, 1.0),
    (("double",), 110.1, 110.1),
    (("double",), True, 1.0),
    (("double",), Decimal("1.5"), 1.5),
    (("boolean",), 2, True),
    (("boolean",), 0, False),
    (("string",), "ü", "ü"),
    (("string",), None, None),
    (("char",), "a", "a"),
    (("decimal",), 1, Decimal(1)),
    (("decimal",), "2.5", Decimal("2.5")),
    (("decimal",), 1.5, Decimal("1.5")),
    (("decimal",), None, None),
    (("date",), datetime(2020, 1, 2, 3, tzinfo=UTC), date(2020, 1, 2)),
    (("date",), None, None),
    (("time",), time(1, 2, 3, 456789), time(1, 2, 3, 456000)),
    (("time",), time(1, 2, 3, tzinfo=UTC), time(1, 2, 3)),
    (("time",), datetime(2020, 1, 2, 3, 4, 5), time(3, 4, 5)),
    (("timestamp",), datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "2020-01-02 03:04:05.678"),
    (ROW2, Row(1, "a"), Row(f0=1, f1="a")),
    (ROW2, Row(1, None), Row(f0=1, f1=None)),
    (ROW2, (1, "a"), Row(f0=1, f1="a")),
    (ROW2, [1, "a"], Row(f0=1, f1="a")),
    (ROW2, Row.of_kind(RowKind.DELETE, 1, "a"), Row.of_kind(RowKind.DELETE, f0=1, f1="a")),
    (NAMED, Row(1, "a"), Row(a=1, b="a")),
    (NAMED, Row(b="b", a=1), Row(a=1, b="b")),
    (NAMED, Row(c=3, b="b", a=1), Row(a=1, b="b")),
    (NAMED, {"b": "x", "a": 1}, Row(a=1, b="x")),
    (NAMED, {"a": 1}, Row(a=1, b=None)),
    (NAMED, {"a": 1, "b": "x", "c": 3}, Row(a=1, b="x")),
    (NAMED, Point(1, "a"), Row(a=1, b="a")),
    (("row", None, (("int",), ROW2)), (1, (2, "a")), Row(f0=1, f1=Row(f0=2, f1="a"))),
    (("row", None, (ROW2,)), Row(None), Row(f0=None)),
    (PAIR, (1, "a"), (1, "a")),
    (PAIR, [1, "a"], (1, "a")),
    (PAIR, Row(1, "a"), (1, "a")),
    (PAIR, Point(1, "a"), (1, "a")),
    (("bytes",), b"ab", b"ab"),
    (("bytes",), bytearray(b"ab"), b"ab"),
    (("array", ("float",)), [1.1], [1.100000023841858]),
    (("array", ("string",)), ["a", None], ["a", None]),
    (("list", ("int",)), [1, None], [1, None]),
    (("list", ("row", ("a",), (("float",),))), [Row(1.1)], [Row(a=1.100000023841858)]),
    (("map", ("string",), ("int",)), {"a": None, "b": 1}, {"a": None, "b": 1}),
    (("map", ("string",), ("int",)), collections.OrderedDict(a=1), {"a": 1}),
    (("pickled",), [1, {"a": 2}], [1, {"a": 2}]),
]


@pytest.mark.parametrize(("spec", "value", "expected"), CONVERTED, ids=repr)
def test_a_declared_type_gives_what_pyflink_gives(
    spec: tuple[Any, ...], value: Any, expected: Any
) -> None:
    converted = make_converter(spec)(value)
    if spec == ("timestamp",):
        expected = datetime.fromisoformat(expected)
    assert same(converted, expected)


@pytest.mark.parametrize(
    ("spec", "value", "message"),
    [
        (("long",), 2**63, "LONG: 9223372036854775808 does not fit 64 bits"),
        (("short",), 40000, "SHORT: 40000 does not fit 16 bits"),
        (("byte",), 200, "BYTE: 200 does not fit 8 bits"),
        (("long",), None, "LONG: None is not an integer; None may stand in fields"),
        (("long",), "1", "LONG: '1' of type str is not an integer"),
        (("int",), math.nan, "INT: nan of type float is not an integer"),
        (("double",), "1", "DOUBLE: '1' of type str is not a number"),
        (("double",), 10**400, "is too large for a float"),
        (("boolean",), "a", "BOOLEAN: 'a' of type str is not a boolean"),
        (("string",), b"x", "STRING: b'x' of type bytes is not a str"),
        (("string",), "a\ud800", "has a lone surrogate at index 1"),
        (("char",), "ab", "CHAR: 'ab' is not one 16-bit character"),
        (("char",), "\U0001f600", "is not one 16-bit character"),
        (("decimal",), "z", "BIG_DEC: 'z' of type str is not a decimal number"),
        (("date",), "2020-01-01", "SQL_DATE: '2020-01-01' of type str is not a datetime.date"),
        (("timestamp",), date(2020, 1, 1), "of type date is not a datetime.datetime"),
        (("instant",), 5, "INSTANT: 5 of type int is not an Instant"),
        (NAMED, Row(2**31, "x"), "field 'a' (INT): 2147483648 does not fit 32 bits"),
        (
            NAMED,
            Row(x=1, y="b"),
            "ROW: Row(x=1, y='b') has the fields ['x', 'y'] but not ['a', 'b']",
        ),
        (ROW2, Row(1), "ROW: <Row(1)> has 1 fields, not the 2 declared"),
        (ROW2, (1, "a", 3), "ROW: (1, 'a', 3) has 3 fields, not the 2 declared"),
        (ROW2, 5, "ROW: 5 of type int is not a Row"),
        (PAIR, (1, None), "field 1 (STRING): None is not a str"),
        (PAIR, (1,), "TUPLE: (1,) has 1 fields, not the 2 declared"),
        (("array", ("int",)), (1, 2), "ARRAY: (1, 2) of type tuple is not a list"),
        (("primitive_array", ("int",)), [1, None], "item 1 (INT): None is not an integer"),
        (("list", NAMED), [Row(1, "a"), Row("b", "a")], "item 1, field 'a' (INT): 'b' of type str"),
        (("bytes",), [1, 2], "PRIMITIVE_ARRAY: [1, 2] of type list is not bytes"),
        (("map", ("string",), ("int",)), {None: 1}, "entry None (STRING): None is not a str"),
        (("map", ("string",), ("int",)), [("a", 1)], "of type list is not a dict"),
    ],
    ids=repr,
)
def test_a_value_that_does_not_fit_is_named_with_place_and_type(
    spec: tuple[Any, ...], value: Any, message: str
) -> None:
    with pytest.raises(ConversionError, match=re.escape(message)):
        make_converter(spec)(value)


def test_the_error_carries_path_type_value_and_row() -> None:
    with pytest.raises(ConversionError) as caught:
        make_converter(("list", NAMED)).convert_list([[], [Row(1, "a"), Row(1, 2)]])
    error = caught.value
    assert (error.path, error.declared, error.value) == ("row 1, item 1, field 'b'", "STRING", 2)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(ConversionError) as caught:
        make_converter(("long",))("x" * 5000)
    assert len(str(caught.value)) < 1100


def test_an_unknown_specification_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown type specification"):
        make_converter(("quaternion",))


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        (("long",), 10**15),
        (("double",), math.nan),
        (("float",), 2.5),
        (("string",), "日本"),
        (("boolean",), True),
        (("decimal",), Decimal("1.50")),
        (("date",), date(2020, 1, 2)),
        (("timestamp",), datetime(2020, 1, 2, 3, 4, 5, 678000)),
        (PAIR, (1, "a")),
        (("bytes",), b"ab"),
    ],
    ids=repr,
)
def test_a_value_that_is_right_already_passes_by_reference(
    spec: tuple[Any, ...], value: Any
) -> None:
    assert make_converter(spec)(value) is value


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.lists(st.floats(width=32, allow_nan=False)))),
    st.dictionaries(st.text(max_size=3), st.lists(st.text(max_size=3), max_size=3), max_size=3),
)
def test_a_converted_value_shares_nothing_that_can_change(
    pairs: list[Any], entries: dict[str, list[str]]
) -> None:
    value = Row(pairs, entries)
    listed = ("list", ("tuple", (("int",), ("list", ("float",)))))
    spec = ("row", ("p", "e"), (listed, ("map", ("string",), ("list", ("string",)))))
    before = Row(p=copy.deepcopy(pairs), e=copy.deepcopy(entries))
    converted = make_converter(spec)(value)
    assert same(converted, before)
    ruin(value)
    assert same(converted, before)


@given(
    st.integers(-(2**70), 2**70),
    st.sampled_from([("byte", 8), ("short", 16), ("int", 32), ("long", 64)]),
)
def test_whole_numbers_fit_or_raise(number: int, kind: tuple[str, int]) -> None:
    name, bits = kind
    convert = make_converter((name,))
    if -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        assert convert(number) == number
    else:
        with pytest.raises(ConversionError, match=f"does not fit {bits} bits"):
            convert(number)
