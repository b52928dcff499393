"""`Types`: text, equality, fields, specs and refusals. Texts recorded from PyFlink 2.3."""

from __future__ import annotations

import pickle

import pytest

from flinkette._native.values import make_converter
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.typeinfo import (
    ExternalTypeInfo,
    ListTypeInfo,
    LocalTimeTypeInfo,
    RowTypeInfo,
    TypeInformation,
    Types,
)

TEXTS_AND_SPECS = [
    (Types.STRING(), "String", ("string",)),
    (Types.BYTE(), "Byte", ("byte",)),
    (Types.BOOLEAN(), "Boolean", ("boolean",)),
    (Types.SHORT(), "Short", ("short",)),
    (Types.INT(), "Integer", ("int",)),
    (Types.LONG(), "Long", ("long",)),
    (Types.FLOAT(), "Float", ("float",)),
    (Types.DOUBLE(), "Double", ("double",)),
    (Types.CHAR(), "Char", ("char",)),
    (Types.BIG_INT(), "BigInteger", ("big_int",)),
    (Types.BIG_DEC(), "BigDecimal", ("decimal",)),
    (Types.INSTANT(), "Instant", ("instant",)),
    (Types.SQL_DATE(), "DateTypeInfo", ("date",)),
    (Types.SQL_TIME(), "TimeTypeInfo", ("time",)),
    (Types.SQL_TIMESTAMP(), "TimestampTypeInfo", ("timestamp",)),
    (Types.PICKLED_BYTE_ARRAY(), "PickledByteArrayTypeInfo", ("pickled",)),
    (
        Types.ROW([Types.INT(), Types.STRING()]),
        "RowTypeInfo(Integer, String)",
        ("row", ("f0", "f1"), (("int",), ("string",))),
    ),
    (Types.ROW([]), "RowTypeInfo()", ("row", (), ())),
    (
        Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]),
        "RowTypeInfo(a: Integer, b: String)",
        ("row", ("a", "b"), (("int",), ("string",))),
    ),
    (
        Types.ROW([Types.ROW([Types.INT()])]),
        "RowTypeInfo(RowTypeInfo(Integer))",
        ("row", ("f0",), (("row", ("f0",), (("int",),)),)),
    ),
    (
        Types.TUPLE([Types.INT(), Types.STRING()]),
        "TupleTypeInfo(Integer, String)",
        ("tuple", (("int",), ("string",))),
    ),
    (
        Types.PRIMITIVE_ARRAY(Types.INT()),
        "PrimitiveArrayTypeInfo<Integer>",
        ("primitive_array", ("int",)),
    ),
    (
        Types.PRIMITIVE_ARRAY(Types.BYTE()),
        "PrimitiveArrayTypeInfo<Byte>",
        ("bytes",),
    ),
    (Types.BASIC_ARRAY(Types.STRING()), "BasicArrayTypeInfo<String>", ("array", ("string",))),
    (
        Types.OBJECT_ARRAY(Types.ROW([Types.INT()])),
        "ObjectArrayTypeInfo<RowTypeInfo(Integer)>",
        ("array", ("row", ("f0",), (("int",),))),
    ),
    (
        Types.LIST(Types.LIST(Types.INT())),
        "ListTypeInfo<ListTypeInfo<Integer>>",
        ("list", ("list", ("int",))),
    ),
    (
        Types.MAP(Types.STRING(), Types.LIST(Types.INT())),
        "MapTypeInfo<String, ListTypeInfo<Integer>>",
        ("map", ("string",), ("list", ("int",))),
    ),
    (
        LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_DATE_TIME),
        "LocalTimeTypeInfo<LOCAL_DATE_TIME>",
        ("timestamp",),
    ),
    (ExternalTypeInfo(Types.INT()), "ExternalTypeInfo<Integer>", ("int",)),
]
ids = [text for _, text, _ in TEXTS_AND_SPECS]


@pytest.mark.parametrize(("made", "text", "spec"), TEXTS_AND_SPECS, ids=ids)
def test_a_type_has_pyflinks_text_and_its_spec(made, text: str, spec) -> None:
    assert (str(made), repr(made)) == (text, text)
    assert made.type_spec() == spec


@pytest.mark.parametrize(("made", "text", "spec"), TEXTS_AND_SPECS, ids=ids)
def test_every_spec_has_a_converter(made, text: str, spec) -> None:
    assert make_converter(made.type_spec()) is not None


@pytest.mark.parametrize(("made", "text", "spec"), TEXTS_AND_SPECS, ids=ids)
def test_a_type_equals_its_copy_alone(made, text: str, spec) -> None:
    copy = pickle.loads(pickle.dumps(made))
    assert copy == made
    assert hash(copy) == hash(made)
    others = [other for other, other_text, _ in TEXTS_AND_SPECS if other_text != text]
    equal = {str(other) for other in others if other == made}
    assert equal <= {"RowTypeInfo(Integer, String)", "RowTypeInfo(a: Integer, b: String)"}
    assert made != spec


def test_rows_are_equal_by_their_field_types_as_in_pyflink() -> None:
    assert Types.ROW_NAMED(["a"], [Types.INT()]) == Types.ROW_NAMED(["b"], [Types.INT()])
    assert Types.ROW([Types.INT()]) == Types.ROW_NAMED(["f0"], [Types.INT()])
    assert Types.ROW([Types.INT()]) != Types.ROW([Types.LONG()])
    assert Types.ROW([Types.INT()]) != Types.TUPLE([Types.INT()])


def test_a_row_type_tells_names_types_and_places() -> None:
    row = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
    assert row.get_field_names() == ["a", "b"]
    assert row.get_field_types() == [Types.INT(), Types.STRING()]
    assert row.get_field_index("b") == 1
    assert Types.ROW([Types.INT(), Types.INT()]).get_field_names() == ["f0", "f1"]


def test_asking_for_a_field_that_is_not_there_names_the_fields() -> None:
    row = RowTypeInfo([Types.INT()], ["a"])
    with pytest.raises(InvalidPipelineError, match=r"no field 'z'; the fields are \['a'\]"):
        row.get_field_index("z")


def test_tuples_and_lists_tell_their_parts() -> None:
    assert Types.TUPLE([Types.INT()]).get_field_types() == [Types.INT()]
    listed = Types.LIST(Types.INT())
    assert isinstance(listed, ListTypeInfo)
    assert listed.elem_type == Types.INT()


def test_a_list_of_bytes_is_a_bytes_object_as_in_pyflink() -> None:
    assert Types.LIST(Types.BYTE()).type_spec() == Types.PRIMITIVE_ARRAY(Types.BYTE()).type_spec()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Types.ROW([1]), "field 0 must be a TypeInformation, got 1"),
        (lambda: Types.ROW([Types.INT(), Types.INT]), "field 1 .* call it"),
        (lambda: Types.ROW("ab"), r"takes a list of types, got 'ab'"),
        (lambda: Types.ROW(None), r"takes a list of types, got None"),
        (lambda: Types.TUPLE([int]), "field 0 must be"),
        (lambda: Types.LIST(3), "Types.LIST: the element type must be"),
        (lambda: Types.MAP(Types.INT(), 2), "Types.MAP: the value type"),
        (lambda: Types.ROW_NAMED(["a"], [Types.INT(), Types.INT()]), "1 names .* 2 types"),
        (lambda: Types.ROW_NAMED(["a", "a"], [Types.INT(), Types.INT()]), "'a' is given twice"),
        (lambda: Types.ROW_NAMED([1], [Types.INT()]), "name 0 must be a str, got 1"),
        (lambda: Types.PRIMITIVE_ARRAY(Types.STRING()), "cannot hold String; use"),
        (lambda: Types.BASIC_ARRAY(Types.SQL_DATE()), "cannot hold DateTypeInfo; use"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused_where_it_is_written(make, words) -> None:
    with pytest.raises(InvalidTypeError, match=words):
        make()


def test_the_base_of_types_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        TypeInformation()  # type: ignore[abstract]
