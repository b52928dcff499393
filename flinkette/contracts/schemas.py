"""Values to bytes and back for connectors: `SimpleStringSchema`, `ByteArraySchema`, `Encoder`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    MalformedInputError,
    RowConversionError,
)
from flinkette.contracts.typeinfo import (
    BasicType,
    BasicTypeInfo,
    PrimitiveArrayTypeInfo,
    TypeInformation,
)

__all__ = [
    "ByteArraySchema",
    "DeserializationSchema",
    "Encoder",
    "RowFieldExtractorSchema",
    "SerializationSchema",
    "SimpleStringSchema",
]


class SerializationSchema(ABC):
    """Turns a value into the bytes that a connector writes."""

    @abstractmethod
    def serialize(self, value: Any) -> bytes:
        """Return the bytes of a value."""


class DeserializationSchema(ABC):
    """Turns the bytes that a connector read into a value."""

    @abstractmethod
    def deserialize(self, message: bytes) -> Any:
        """Return the value of some bytes."""

    def get_produced_type(self) -> TypeInformation | None:
        """Return the type of the values; None for plain Python objects."""
        return None


def _checked_charset(charset: Any) -> str:
    import codecs

    try:
        return codecs.lookup(charset).name
    except (LookupError, TypeError):
        raise InvalidPipelineError(
            f"there is no character set {charset!r}; use a name such as 'UTF-8'"
        ) from None


def _encoded(value: Any, charset: str, owner: str) -> bytes:
    try:
        return str(value).encode(charset)
    except UnicodeEncodeError as error:
        raise RowConversionError(
            f"{owner}: {value!r} cannot be written in {charset}: {error.reason}"
        ) from None


class SimpleStringSchema(SerializationSchema, DeserializationSchema):
    """Text as its bytes.

    Parameters
    ----------
    charset : str
        Character set.

    Examples
    --------
    >>> SimpleStringSchema().serialize("flight")
    b'flight'
    """

    def __init__(self, charset: str = "UTF-8") -> None:
        self.charset = _checked_charset(charset)

    def serialize(self, value: Any) -> bytes:
        """Return the text as bytes; anything but text as `str` shows it."""
        return _encoded(value, self.charset, "SimpleStringSchema")

    def deserialize(self, message: bytes) -> str:
        """Return the bytes as text.

        Raises
        ------
        MalformedInputError
            If they are not text in the character set.
        """
        try:
            return message.decode(self.charset)
        except UnicodeDecodeError as error:
            raise MalformedInputError(
                f"SimpleStringSchema: {message[:100]!r} is not {self.charset} at byte "
                f"{error.start}; name the right charset or use ByteArraySchema"
            ) from None

    def get_produced_type(self) -> TypeInformation:
        """Return `Types.STRING()`."""
        return BasicTypeInfo(BasicType.STRING)


class ByteArraySchema(SerializationSchema, DeserializationSchema):
    """Bytes as they are."""

    def serialize(self, value: Any) -> bytes:
        """Return the bytes.

        Raises
        ------
        RowConversionError
            If the value is not bytes.
        """
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise RowConversionError(
                f"ByteArraySchema writes bytes, got {value!r}; encode it or use SimpleStringSchema"
            )
        return bytes(value)

    def deserialize(self, message: bytes) -> bytes:
        """Return the bytes."""
        return message

    def get_produced_type(self) -> TypeInformation:
        """Return the type of `bytes` values."""
        return PrimitiveArrayTypeInfo(BasicTypeInfo(BasicType.BYTE))


class RowFieldExtractorSchema(SerializationSchema):
    """One field of a row, which must be bytes or text, as its bytes.

    Parameters
    ----------
    field_index : int
        Which field, counted from 0.
    """

    def __init__(self, field_index: int) -> None:
        if not is_whole_number(field_index):
            raise InvalidTypeError(f"field_index must be an int, got {field_index!r}")
        if field_index < 0:
            raise InvalidPipelineError(f"field_index must not be negative, got {field_index}")
        self.field_index = field_index

    def serialize(self, value: Any) -> bytes:
        """Return the field as bytes; no bytes for None.

        Raises
        ------
        RowConversionError
            If the row has no such field or it is neither bytes nor text.
        """
        try:
            field = value[self.field_index]
        except (IndexError, TypeError, KeyError):
            raise RowConversionError(f"{value!r} has no field {self.field_index}") from None
        if field is None:
            return b""
        if isinstance(field, str):
            return field.encode()
        if isinstance(field, (bytes, bytearray)):
            return bytes(field)
        raise RowConversionError(
            f"field {self.field_index} of {value!r} is neither bytes nor text; convert it first"
        )


class Encoder:
    """Writes values as lines of text into files.

    Parameters
    ----------
    charset_name : str
        Character set.
    """

    def __init__(self, charset_name: str = "UTF-8") -> None:
        self.charset = _checked_charset(charset_name)

    @staticmethod
    def simple_string_encoder(charset_name: str = "UTF-8") -> Encoder:
        """Make the encoder that writes each value as `str` shows it, one per line."""
        return Encoder(charset_name)

    def encode(self, value: Any) -> bytes:
        """Return the line of a value, with its end."""
        return _encoded(value, self.charset, "Encoder") + b"\n"
