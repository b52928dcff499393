"""JSON lines: one JSON value per line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, BinaryIO

from flinkette._native.batch import Batch
from flinkette.contracts.errors import InvalidTypeError
from flinkette.formats.arrow_types import arrow_type
from flinkette.formats.file_format import (
    BlockDecoder,
    Decoded,
    PartFormat,
    PartWriter,
    StreamFormat,
)
from flinkette.formats.malformed import MalformedPolicy, MalformedRow, malformed_error
from flinkette.formats.row_types import row_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.row import Row
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.formats.row_types import RowFields, TypeSpec

__all__ = ["JsonLinesDecoder", "JsonLinesFormat", "JsonLinesPartFormat", "JsonLinesPartWriter"]

INT_BITS = {"byte": 8, "short": 16, "int": 32, "long": 64}


class JsonLinesFormat(StreamFormat):
    """Reads a JSON value per line; blank lines are left out.

    Parameters
    ----------
    type_info
        Type of rows (`Types.ROW_NAMED`): each line is an object, whose fields become columns; an
        absent field is None, others are left out. None: each line becomes the Python value it
        says (dict, list, str, int, float, bool, None).
    on_malformed
        "fail", "skip" or "side-output".

    Raises
    ------
    InvalidTypeError
        If `type_info` is not a type of rows, or JSON has no such values.
    """

    def __init__(
        self,
        type_info: TypeInformation | None = None,
        on_malformed: MalformedPolicy | str = MalformedPolicy.FAIL,
    ) -> None:
        self.type_info = type_info
        self.on_malformed = MalformedPolicy.of(on_malformed)
        self._fields = row_fields(type_info)
        if type_info is not None and self._fields is None:
            raise InvalidTypeError(
                f"JSON lines: {type_info} is not a type of rows; use Types.ROW_NAMED"
            )

    def produced_type(self) -> TypeInformation | None:
        """Return the declared type."""
        return self.type_info

    def create_decoder(self, file: str, head: bytes) -> JsonLinesDecoder:
        """Make a decoder."""
        return JsonLinesDecoder(file, self._fields, self.on_malformed)


class JsonLinesDecoder(BlockDecoder):
    """Decodes blocks of lines with one call each."""

    def __init__(
        self,
        file: str,
        fields: RowFields | None,
        policy: MalformedPolicy,
    ) -> None:
        import msgspec

        self._file = file
        self._fields = fields
        self._policy = policy
        self._decoder: Any = (
            msgspec.json.Decoder() if fields is None else msgspec.json.Decoder(_struct_type(fields))
        )

    def decode(self, block: bytes, offset: int, first_line: Callable[[], int]) -> Decoded:
        """Return the values of the block's lines."""
        import msgspec

        rejected: list[MalformedRow] = []
        try:
            values = self._decoder.decode_lines(block)
        except (msgspec.DecodeError, UnicodeDecodeError):
            values = self._decode_each(block, first_line, rejected)
        else:
            # The decoder also takes two values in a line, or one in two lines; those must not
            # depend on where blocks end.
            if len(values) != block.count(b"\n") + (not block.endswith(b"\n")) and len(
                values
            ) != len(list(filter(None, map(bytes.strip, block.splitlines())))):
                values = self._decode_each(block, first_line, rejected)
        try:
            batch = self._batch(values)
        except _unfit_errors():
            batch = self._batch(self._decode_each(block, first_line, rejected))
        return Decoded(batch, rejected)

    def _decode_each(
        self, block: bytes, first_line: Callable[[], int], rejected: list[MalformedRow]
    ) -> list[Any]:
        import msgspec

        malformed: tuple[type[Exception], ...] = (
            msgspec.DecodeError,
            UnicodeDecodeError,
            *_unfit_errors(),
        )
        values: list[Any] = []
        for index, line in enumerate(block.splitlines()):
            if not line.strip():
                continue
            try:
                value = self._decoder.decode(line)
                self._batch([value])
            except malformed as error:
                row = MalformedRow.of(self._file, first_line() + index, line, error)
                if self._policy is MalformedPolicy.FAIL:
                    raise malformed_error(row, self._expected()) from error
                rejected.append(row)
            else:
                values.append(value)
        return values

    def _expected(self) -> str:
        if self._fields is None:
            return "a JSON value"
        return f"a JSON object with the fields {', '.join(self._fields[0])} as declared"

    def _batch(self, values: list[Any]) -> Batch | None:
        if not values:
            return None
        if self._fields is None:
            return Batch.from_objects(values)
        import msgspec
        import pyarrow

        columns = zip(*map(msgspec.structs.astuple, values), strict=True)
        arrays = [
            pyarrow.array(column, arrow_type(spec))
            for column, spec in zip(columns, self._fields[1], strict=True)
        ]
        names = list(self._fields[0])
        return Batch.from_arrow(pyarrow.RecordBatch.from_arrays(arrays, names=names))


def _unfit_errors() -> tuple[type[Exception], ...]:
    """Return what pyarrow raises for a JSON value that its type cannot hold."""
    import pyarrow

    return (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError)


def _struct_type(fields: RowFields) -> Any:
    import msgspec

    attributes = [f"f{index}" for index in range(len(fields[0]))]
    return msgspec.defstruct(
        "JsonRow",
        [
            (attribute, _json_type(spec, name) | None, None)
            for attribute, name, spec in zip(attributes, *fields, strict=True)
        ],
        rename=dict(zip(attributes, fields[0], strict=True)),
    )


def _json_type(spec: TypeSpec, name: str) -> Any:
    import datetime
    from decimal import Decimal
    from typing import Annotated

    import msgspec

    kind = spec[0]
    if kind in INT_BITS:
        bound = 1 << (INT_BITS[kind] - 1)
        return Annotated[int, msgspec.Meta(ge=-bound, le=bound - 1)]
    if kind in ("list", "array"):
        return list[_json_type(spec[1], name) | None]  # type: ignore[misc]
    if kind == "map":
        return dict[str, _json_type(spec[2], name) | None]  # type: ignore[misc]
    types: dict[str, Any] = {
        "boolean": bool,
        "float": float,
        "double": float,
        "string": str,
        "char": str,
        "bytes": bytes,
        "decimal": Decimal,
        "date": datetime.date,
        "time": datetime.time,
        "timestamp": datetime.datetime,
        "instant": datetime.datetime,
    }
    if kind not in types:
        raise InvalidTypeError(f"JSON lines: field {name!r}: values of type {kind} cannot be read")
    return types[kind]


@dataclass(frozen=True)
class JsonLinesPartFormat(PartFormat):
    """Each row as a JSON value on a line of its own.

    Notes
    -----
    A Row or dict with names is an object, a tuple, list or Row without names an array. Times are
    ISO 8601 strings, decimals numbers, bytes base64; NaN and infinities, which JSON lacks, null.
    """

    def create_writer(
        self, stream: BinaryIO, input_type: TypeInformation | None, target: str
    ) -> JsonLinesPartWriter:
        """Start a file."""
        return JsonLinesPartWriter(stream, input_type, target)


class JsonLinesPartWriter(PartWriter):
    """Encodes the rows of a batch with one call."""

    def __init__(self, stream: BinaryIO, input_type: TypeInformation | None, target: str) -> None:
        import msgspec

        fields = row_fields(input_type)
        self._names = None if fields is None else fields[0]
        self._stream = stream
        self._target = target
        self._encoder = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number")

    def write(self, batch: Batch) -> None:
        """Append one line per row."""
        if not batch.num_rows:
            return
        rows = batch.objects()
        names = self._names_of(rows)
        if names:
            rows = list(map(dict, map(zip, repeat(names), rows)))
        try:
            self._stream.write(self._encoder.encode_lines(rows))
        except (TypeError, ValueError, OverflowError) as error:
            raise self._unfit(rows, error) from error

    def _names_of(self, rows: list[Any]) -> Any:
        if set(map(type, rows)) != {_row_class()}:
            return None
        if self._names is not None:
            return self._names
        names: list[Any] = [getattr(rows[0], "_fields", None)]
        if names[0] is None:
            return None
        same = all(map(names[0].__eq__, map(_fields_of, rows)))
        return names[0] if same else None

    def _unfit(self, rows: list[Any], error: Exception) -> Exception:
        from flinkette.contracts.errors import RowConversionError

        for row in rows:  # only to word an error
            try:
                self._encoder.encode(row)
            except (TypeError, ValueError, OverflowError) as reason:
                return RowConversionError(
                    f"{self._target}: the row {row!r:.200} cannot be written as JSON: {reason}; "
                    "map it to dicts, lists, strings and numbers before the sink"
                )
        return error


def _row_class() -> type[Row]:
    from flinkette.contracts.row import Row

    return Row


def _fields_of(row: Any) -> Any:
    return getattr(row, "_fields", None)


def _plain(value: Any) -> Any:
    if isinstance(value, _row_class()):
        fields: list[Any] = list(value)
        names = _fields_of(value)
        return dict(zip(names, fields, strict=True)) if names else fields
    raise TypeError(f"a value of type {type(value).__qualname__} has no JSON form")
