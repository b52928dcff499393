"""Values to bytes and back for connectors."""

from __future__ import annotations

import pickle

import pytest

from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    MalformedInputError,
    RowConversionError,
)
from flinkette.contracts.schemas import (
    ByteArraySchema,
    Encoder,
    RowFieldExtractorSchema,
    SimpleStringSchema,
)
from flinkette.contracts.typeinfo import Types


def test_text_goes_through_its_bytes_unchanged() -> None:
    for schema in (SimpleStringSchema(), SimpleStringSchema("UTF-16")):
        assert schema.deserialize(schema.serialize("hé")) == "hé"
    assert SimpleStringSchema().serialize("hé") == b"h\xc3\xa9"
    assert SimpleStringSchema().get_produced_type() == Types.STRING()


def test_bytes_that_are_no_text_name_the_place_and_the_remedy() -> None:
    with pytest.raises(MalformedInputError, match=r"not utf-8 at byte 1; name the right charset"):
        SimpleStringSchema().deserialize(b"a\xff")


def test_text_that_the_character_set_lacks_is_refused() -> None:
    with pytest.raises(RowConversionError, match=r"'é' cannot be written in ascii"):
        SimpleStringSchema("ascii").serialize("é")


def test_a_character_set_must_exist() -> None:
    for make in (SimpleStringSchema, Encoder.simple_string_encoder):
        with pytest.raises(InvalidPipelineError, match=r"no character set 'utf-88'"):
            make("utf-88")


def test_byte_schemas_hand_bytes_on() -> None:
    schema = ByteArraySchema()
    assert schema.serialize(bytearray(b"ab")) == b"ab"
    assert schema.deserialize(b"ab") == b"ab"
    assert schema.get_produced_type() == Types.PRIMITIVE_ARRAY(Types.BYTE())
    with pytest.raises(RowConversionError, match=r"writes bytes, got 'ab'"):
        schema.serialize("ab")


def test_a_field_extractor_writes_one_field() -> None:
    schema = RowFieldExtractorSchema(1)
    assert schema.serialize((1, b"ab")) == b"ab"
    assert schema.serialize((1, "é")) == b"\xc3\xa9"
    assert schema.serialize((1, None)) == b""
    with pytest.raises(RowConversionError, match=r"has no field 1"):
        schema.serialize((1,))
    with pytest.raises(RowConversionError, match=r"neither bytes nor text"):
        schema.serialize((1, 2))


def test_a_field_index_must_be_a_place() -> None:
    with pytest.raises(InvalidPipelineError, match=r"not be negative, got -1"):
        RowFieldExtractorSchema(-1)
    with pytest.raises(InvalidTypeError, match=r"must be an int, got '1'"):
        RowFieldExtractorSchema("1")  # type: ignore[arg-type]


def test_an_encoder_writes_one_line_per_value() -> None:
    encoder = Encoder.simple_string_encoder()
    assert encoder.encode("hé") == b"h\xc3\xa9\n"
    assert encoder.encode((1, "a")) == b"(1, 'a')\n"


def test_schemas_travel_by_pickle() -> None:
    assert pickle.loads(pickle.dumps(SimpleStringSchema("latin-1"))).serialize("é") == b"\xe9"
    assert pickle.loads(pickle.dumps(Encoder.simple_string_encoder())).encode(1) == b"1\n"
