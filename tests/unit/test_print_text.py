"""The text of values, recorded from DataStream.print() of PyFlink 2.3 on Java 17.

Left out are values PyFlink gets wrong: a CHAR printed as NUL, tuples with BIG_INT, dates before
1582 (two days off), the pickle of a nested undeclared value, arrays printed as [I@4f2b, and 1e23,
which Java prints in its shortest form since version 19 only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from flinkette._native.values import make_converter
from flinkette.contracts.row import Row, RowKind
from flinkette.formats.text import RowText, format_rows, print_prefix, row_text


class Point(NamedTuple):
    a: int
    b: int


@dataclass(frozen=True)
class Instant:
    seconds: int
    nanos: int

    def __str__(self) -> str:
        return f"Instant<{self.seconds}, {self.nanos}>"


class Named:
    def __str__(self) -> str:
        return "str!"

    def __repr__(self) -> str:
        return "repr!"


INT = ("int",)
STRING = ("string",)
BOOLEAN = ("boolean",)
LONG = ("long",)
SHORT = ("short",)
BYTE = ("byte",)
FLOAT = ("float",)
DOUBLE = ("double",)
CHAR = ("char",)
BIG_INT = ("big_int",)
DECIMAL = ("decimal",)
DATE = ("date",)
TIME = ("time",)
TIMESTAMP = ("timestamp",)
INSTANT = ("instant",)
PICKLED = ("pickled",)

RECORDED: dict[Any, list[tuple[Any, str]]] = {
    None: [
        (("Germany", 123), "('Germany', 123)"),
        (1, "1"),
        (1.5, "1.5"),
        (True, "True"),
        ("hi", "hi"),
        ([1, "a"], "[1, 'a']"),
        ({"a": 1}, "{'a': 1}"),
        (Row(1, "a", None), "<Row(1, 'a', None)>"),
        (Row(a=1, b="x"), "Row(a=1, b='x')"),
        (Row.of_kind(RowKind.DELETE, 1), "<Row(1)>"),
        (Point(1, 2), "Point(a=1, b=2)"),
        (Decimal("1.50"), "1.50"),
        (date(2020, 1, 2), "2020-01-02"),
        (datetime(2020, 1, 2, 3, 4, 5), "2020-01-02 03:04:05"),
        ((1, None), "(1, None)"),
        ({1, 2}, "{1, 2}"),
        (10000000000.0, "10000000000.0"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ("", ""),
    ],
    ("row", ("f0", "f1"), (INT, STRING)): [
        (Row(1, "a"), "+I[1,a]"),
        (Row(None, "b"), "+I[None,b]"),
        (Row(None, None), "+I[None,None]"),
        (Row.of_kind(RowKind.DELETE, 1, "a"), "-D[1,a]"),
        (Row.of_kind(RowKind.UPDATE_BEFORE, 1, "a"), "-U[1,a]"),
        (Row.of_kind(RowKind.UPDATE_AFTER, 1, "a"), "+U[1,a]"),
    ],
    ("row", ("x", "y"), (INT, STRING)): [
        (Row(1, "a"), "+I[1,a]"),
        (Row(x=2, y=None), "+I[2,None]"),
    ],
    ("row", ("f0", "f1"), (FLOAT, DOUBLE)): [
        (Row(110.1, 10000000000.0), "+I[110.1,10000000000.0]"),
        (Row(1.5, 1e-05), "+I[1.5,1e-05]"),
        (Row(float("nan"), float("inf")), "+I[nan,inf]"),
    ],
    ("row", ("f0",), (BOOLEAN,)): [
        (Row(True), "+I[True]"),
        (Row(None), "+I[None]"),
    ],
    ("row", ("f0", "f1"), (("list", STRING), ("map", STRING, INT))): [
        (Row(["a", "b"], {"a": 1}), "+I[['a', 'b'],{'a': 1}]"),
        (Row([], {}), "+I[[],{}]"),
    ],
    ("row", ("f0", "f1"), (("row", ("f0", "f1"), (INT, STRING)), INT)): [
        (Row(Row(1, "a"), 2), "+I[<Row(1, 'a')>,2]"),
        (Row(None, 2), "+I[None,2]"),
    ],
    ("row", ("f0", "f1"), (("row", ("q",), (INT,)), INT)): [
        (Row(Row(1), 2), "+I[<Row(1)>,2]"),
    ],
    ("row", ("f0",), (("tuple", (INT, STRING)),)): [
        (Row((1, "a")), "+I[(1, 'a')]"),
    ],
    ("row", ("f0",), (PICKLED,)): [
        (Row((1, "a")), "+I[(1, 'a')]"),
        (Row("s"), "+I[s]"),
        (Row(None), "+I[None]"),
        (Row(Named()), "+I[str!]"),
    ],
    ("row", ("f0", "f1", "f2"), (DATE, TIME, TIMESTAMP)): [
        (
            Row(date(2020, 1, 2), time(1, 2, 3), datetime(2020, 1, 2, 3, 4, 5)),
            "+I[2020-01-02,01:02:03,2020-01-02 03:04:05]",
        ),
        (
            Row(date(2020, 1, 2), time(1, 2, 3, 456000), datetime(2020, 1, 2, 3, 4, 5, 678000)),
            "+I[2020-01-02,01:02:03.456000,2020-01-02 03:04:05.678000]",
        ),
    ],
    ("row", ("f0", "f1", "f2"), (DECIMAL, BIG_INT, CHAR)): [
        (Row(Decimal("1.50"), 5, "a"), "+I[1.50,5,a]"),
    ],
    ("row", ("f0", "f1", "f2"), (("array", INT), ("bytes",), ("array", STRING))): [
        (Row([1, 2], b"ab", ["a", "b"]), "+I[[1, 2],b'ab',['a', 'b']]"),
    ],
    ("row", ("f0",), (("array", ("row", ("f0",), (INT,))),)): [
        (Row([Row(1), Row(2)]), "+I[[<Row(1)>, <Row(2)>]]"),
    ],
    ("row", ("f0",), (INSTANT,)): [
        (Row(Instant(1, 2)), "+I[Instant<1, 2>]"),
    ],
    ("tuple", (STRING, INT, INT)): [
        (("hi", 1, 5), "(hi,1,5)"),
    ],
    ("tuple", (BOOLEAN, DOUBLE, FLOAT, LONG)): [
        ((True, 1.0, 110.1, 1099511627776), "(true,1.0,110.1,1099511627776)"),
        ((False, 10000000000.0, 10000000000.0, 1), "(false,1.0E10,1.0E10,1)"),
    ],
    ("tuple", (("tuple", (INT, STRING)), ("row", ("f0", "f1"), (INT, STRING)))): [
        (((1, "a"), Row(1, "b")), "((1,a),+I[1, b])"),
        (((1, "a"), Row(None, "b")), "((1,a),+I[null, b])"),
        (((1, "a"), Row.of_kind(RowKind.DELETE, None, "b")), "((1,a),-D[null, b])"),
    ],
    ("tuple", (("row", ("x", "y"), (INT, STRING)),)): [
        ((Row(1, "b"),), "(+I[1, b])"),
        ((Row.of_kind(RowKind.DELETE, 1, "b"),), "(-D[1, b])"),
    ],
    ("tuple", (("list", STRING), ("map", STRING, INT))): [
        ((["a", "b"], {"a": 1, "b": 2}), "([a, b],{a=1, b=2})"),
        (([], {}), "([],{})"),
    ],
    ("tuple", (("array", INT), INT)): [
        (([1, 2], 1), "([1, 2],1)"),
    ],
    ("tuple", (("bytes",), INT)): [
        ((b"ab", 1), "([97, 98],1)"),
    ],
    ("tuple", (("array", STRING), INT)): [
        ((["a", "b"], 1), "([a, b],1)"),
    ],
    ("tuple", (DATE, TIME, TIMESTAMP)): [
        (
            (date(2020, 1, 2), time(1, 2, 3), datetime(2020, 1, 2, 3, 4, 5)),
            "(2020-01-02,01:02:03,2020-01-02 03:04:05.0)",
        ),
        (
            (date(1969, 12, 31), time(1, 2, 3, 40000), datetime(1970, 1, 1, 0, 0, 0, 100000)),
            "(1969-12-31,01:02:03,1970-01-01 00:00:00.1)",
        ),
    ],
    BOOLEAN: [
        (True, "true"),
        (False, "false"),
    ],
    INT: [
        (5, "5"),
        (-5, "-5"),
    ],
    LONG: [
        (1099511627776, "1099511627776"),
    ],
    STRING: [
        ("hi", "hi"),
        ("", ""),
        ("ü日", "ü日"),
    ],
    DOUBLE: [
        (1.0, "1.0"),
        (10000000000.0, "1.0E10"),
        (10000000.0, "1.0E7"),
        (9999999.0, "9999999.0"),
        (12345678.9, "1.23456789E7"),
        (0.001, "0.001"),
        (0.00099, "9.9E-4"),
        (1e-05, "1.0E-5"),
        (100.0, "100.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (0.3333333333333333, "0.3333333333333333"),
        (1e21, "1.0E21"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (5e-324, "4.9E-324"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (123456789.125, "1.23456789125E8"),
        (0.002, "0.002"),
        (2.2250738585072014e-308, "2.2250738585072014E-308"),
    ],
    FLOAT: [
        (1.0, "1.0"),
        (10000000000.0, "1.0E10"),
        (110.1, "110.1"),
        (10000000.0, "1.0E7"),
        (9999999.0, "9999999.0"),
        (16777216.0, "1.6777216E7"),
        (0.001, "0.001"),
        (0.00099, "9.9E-4"),
        (0.3333333333333333, "0.33333334"),
        (3.4028235e38, "3.4028235E38"),
        (1.4e-45, "1.4E-45"),
        (float("nan"), "NaN"),
        (0.1, "0.1"),
        (33554432.0, "3.3554432E7"),
        (1e-10, "1.0E-10"),
    ],
    ("list", INT): [
        ([1, 2], "[1, 2]"),
        ([], "[]"),
    ],
    ("list", DOUBLE): [
        ([1.0, 10000000000.0], "[1.0, 1.0E10]"),
    ],
    ("list", ("list", STRING)): [
        ([["a"], []], "[[a], []]"),
    ],
    ("list", ("row", ("f0", "f1"), (INT, STRING))): [
        ([Row(1, "a"), Row(None, None)], "[+I[1, a], +I[null, null]]"),
    ],
    ("map", STRING, INT): [
        ({"a": 1}, "{a=1}"),
        ({}, "{}"),
        ({"b": 1, "a": 2, "c": 3}, "{a=2, b=1, c=3}"),
        ({"a": None}, "{a=null}"),
        ({"cp": 0, "BB": 1}, "{BB=1, cp=0}"),
        ({"nil": 0, "ffk": 1, "ehjfff": 2}, "{nil=0, ffk=1, ehjfff=2}"),
        (
            {"cafpinb": 0, "fpoghi": 1, "edphnhkc": 2, "abbocan": 3, "jo": 4},
            "{edphnhkc=2, abbocan=3, cafpinb=0, jo=4, fpoghi=1}",
        ),
        (
            {"abbocan": 0, "zürich": 1, "ohdb": 2, "ld": 3, "": 4, "fpoghi": 5},
            "{ld=3, =4, abbocan=0, ohdb=2, zürich=1, fpoghi=5}",
        ),
    ],
    ("map", INT, ("list", STRING)): [
        ({1: ["a"]}, "{1=[a]}"),
    ],
    DECIMAL: [
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1E+3"),
        (Decimal("0E-7"), "0E-7"),
        (Decimal("0.000001"), "0.000001"),
        (Decimal("1E-7"), "1E-7"),
        (Decimal("1.23E+4"), "1.23E+4"),
    ],
    DATE: [
        (date(2020, 1, 2), "2020-01-02"),
    ],
    TIME: [
        (time(1, 2, 3), "01:02:03"),
        (time(1, 2, 3, 456000), "01:02:03"),
    ],
    TIMESTAMP: [
        (datetime(2020, 1, 2, 3, 4, 5), "2020-01-02 03:04:05.0"),
        (datetime(2020, 1, 2, 3, 4, 5, 678000), "2020-01-02 03:04:05.678"),
        (datetime(2020, 1, 2, 3, 4, 5, 100000), "2020-01-02 03:04:05.1"),
        (datetime(1970, 1, 1, 0, 0), "1970-01-01 00:00:00.0"),
    ],
    INSTANT: [
        (Instant(1, 2), "1970-01-01T00:00:01.000000002Z"),
        (Instant(0, 0), "1970-01-01T00:00:00Z"),
        (Instant(1600000000, 500000000), "2020-09-13T12:26:40.500Z"),
        (Instant(1600000000, 123456000), "2020-09-13T12:26:40.123456Z"),
    ],
    PICKLED: [
        ((1, 2), "(1, 2)"),
    ],
    ("map", LONG, INT): [
        (
            {6872153458597717306: 0, 271557990720911502: 1, 5012171909570549240: 2},
            "{6872153458597717306=0, 271557990720911502=1, 5012171909570549240=2}",
        ),
    ],
    ("map", DOUBLE, INT): [
        (
            {-294230.8709322552: 0, 693767.353827269: 1, -775738.2370295738: 2},
            "{693767.353827269=1, -294230.8709322552=0, -775738.2370295738=2}",
        ),
    ],
    ("map", INT, INT): [
        (
            {779458452: 0, -1666048731: 1, 851148643: 2, 288156936: 3, 463401444: 4, 1544137089: 5},
            "{851148643=2, 1544137089=5, 779458452=0, 463401444=4, 288156936=3, -1666048731=1}",
        ),
        ({19: 0, 17: 1, 59: 2, 11: 3, 79: 4, 6: 5}, "{17=1, 19=0, 59=2, 11=3, 6=5, 79=4}"),
        (
            {
                28: 0,
                30: 1,
                12: 2,
                49: 3,
                60: 4,
                24: 5,
                21: 6,
                42: 7,
                79: 8,
                14: 9,
                44: 10,
                15: 11,
                76: 12,
            },
            "{42=7, 12=2, 44=10, 76=12, 14=9, 79=8, 15=11, 49=3, 21=6, 24=5, 28=0, 60=4, 30=1}",
        ),
    ],
    ("map", BOOLEAN, INT): [
        ({True: 1, False: 0}, "{false=0, true=1}"),
        ({False: 0, True: 1}, "{false=0, true=1}"),
    ],
    ("tuple", (STRING, INT)): [
        (("é\tq", 1), "(é\tq,1)"),
    ],
}
CASES = [(spec, value, text) for spec, cases in RECORDED.items() for value, text in cases]


@pytest.mark.parametrize(("spec", "value", "text"), CASES, ids=repr)
def test_the_text_is_what_pyflink_printed(spec: Any, value: Any, text: str) -> None:
    assert RowText(spec)(value) == text


@pytest.mark.parametrize(("spec", "value", "text"), CASES, ids=repr)
def test_a_converted_value_of_a_java_type_has_the_same_text(
    spec: Any, value: Any, text: str
) -> None:
    if spec is None or spec[0] == "row":
        return  # printed from Python, before PyFlink converts
    assert RowText(spec)(make_converter(spec)(value)) == text


def test_a_batch_becomes_one_text_with_a_prefix_on_each_line() -> None:
    assert format_rows([("hi", 1), "a"], None, "2> ") == "2> ('hi', 1)\n2> a\n"
    assert format_rows([True, False], BOOLEAN, "") == "true\nfalse\n"
    assert format_rows([], BOOLEAN, "2> ") == ""


@pytest.mark.parametrize(
    ("identifier", "subtask_index", "parallelism", "prefix"),
    [
        (None, 0, 1, ""),
        ("id", 0, 1, "id> "),
        (None, 2, 3, "3> "),
        ("id", 2, 3, "id:3> "),
        ("", 1, 3, "2> "),
    ],
)
def test_the_prefix_names_identifier_and_subtask_as_pyflink(
    identifier: str | None, subtask_index: int, parallelism: int, prefix: str
) -> None:
    assert print_prefix(identifier, subtask_index, parallelism) == prefix


def test_undeclared_values_have_the_text_of_str() -> None:
    assert row_text(None)((1, None, "a")) == "(1, None, 'a')"


def test_an_array_of_bytes_prints_signed_bytes() -> None:
    assert RowText(("tuple", (("bytes",),)))((b"\x00\x7f\x80\xff",)) == "([0, 127, -128, -1])"


def test_a_value_that_is_not_of_its_declared_type_still_has_a_text() -> None:
    assert RowText(DOUBLE)("text") == "text"
    assert RowText(INT)(Decimal(1)) == "1"
    assert RowText(("row", ("a",), (INT,)))((1, 2)) == "+I[1,2]"
    assert RowText(("map", INT, INT))({"a": 1}) == "{a=1}"
