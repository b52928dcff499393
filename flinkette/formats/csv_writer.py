"""Rows to CSV: the csv module writes a batch's rows with one call."""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

from flinkette.contracts.errors import InvalidTypeError, RowConversionError
from flinkette.formats.arrow_types import columns_of
from flinkette.formats.csv_schema import CsvSchema
from flinkette.formats.file_format import PartFormat, PartWriter
from flinkette.formats.row_types import row_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette._native.batch import Batch
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["CsvBulkWriters", "CsvPartFormat", "CsvPartWriter"]

# The csv module writes these as they should be.
PLAIN_TYPES = frozenset({str, int, float, Decimal, datetime.date, datetime.time, type(None)})


class CsvBulkWriters:
    """Makes the CSV format of `FileSink.for_bulk_format`."""

    @staticmethod
    def for_schema(schema: CsvSchema) -> CsvPartFormat:
        """Write rows with a schema's columns and delimiters.

        Parameters
        ----------
        schema
            Columns and delimiters; a header is written if the schema uses one.
        """
        return CsvPartFormat(schema)


@dataclass(frozen=True)
class CsvPartFormat(PartFormat):
    """Rows as CSV records.

    Parameters
    ----------
    schema
        Columns and delimiters. Without columns they are those of the rows.

    Notes
    -----
    Values with delimiters, quotes or line ends are quoted. None is the schema's null value, or
    nothing; true and false are lower case; the elements of lists stand behind each other with
    the schema's array separator.
    """

    schema: CsvSchema = field(default_factory=CsvSchema)

    def check(self, input_type: TypeInformation | None) -> None:
        """Refuse a declared type with another number of fields than the schema has columns."""
        fields = row_fields(input_type)
        if fields is not None and self.schema.columns and len(fields[0]) != len(self.schema):
            raise InvalidTypeError(
                f"CSV: the rows have {len(fields[0])} fields ({', '.join(fields[0])}), but the "
                f"schema has {len(self.schema)} columns ({', '.join(self.schema.names)}); give one "
                "column per field"
            )

    def create_writer(
        self, stream: BinaryIO, input_type: TypeInformation | None, target: str
    ) -> CsvPartWriter:
        """Start a file."""
        fields = row_fields(input_type)
        names = self.schema.names or (None if fields is None else fields[0])
        return CsvPartWriter(stream, self.schema, names, target)


class CsvPartWriter(PartWriter):
    """Writes batches; turns into text only columns that the csv module would write otherwise."""

    def __init__(
        self, stream: BinaryIO, schema: CsvSchema, names: Sequence[str] | None, target: str
    ) -> None:
        self._stream = stream
        self._schema = schema
        self._names = names
        self._target = target
        self._null = schema.null_value or ""
        self._separators = [
            schema.array_separator if column.separator is None else column.separator
            for column in schema.columns
        ]
        self._needs_header = schema.is_header_used

    def write(self, batch: Batch) -> None:
        """Append rows."""
        if not batch.num_rows:
            return
        if batch.is_columnar and batch.names is not None and len(batch.names) > 1:
            names: Sequence[str] = list(batch.names)
            columns: Sequence[Sequence[Any]] = [
                batch.column(index).to_objects() for index in range(len(names))
            ]
            names = self._checked(names)
        else:
            names, columns = columns_of(batch.objects(), self._names, self._target)
        self._write_header(names)
        cells = [self._cells(index, column) for index, column in enumerate(columns)]
        self._write_rows(list(zip(*cells, strict=True)))

    def _checked(self, names: Sequence[str]) -> Sequence[str]:
        if self._names is None:
            return names
        if len(self._names) != len(names):
            raise RowConversionError(
                f"{self._target}: the rows have the fields {', '.join(names)}, but the columns are "
                f"{', '.join(self._names)}; give one column per field"
            )
        return self._names

    def _cells(self, index: int, column: Sequence[Any]) -> Sequence[Any]:
        kinds = set(map(type, column))
        if self._null and type(None) in kinds:
            column = [self._null if value is None else value for value in column]
        if kinds <= PLAIN_TYPES:
            return column
        if kinds <= {bool, type(None)}:
            return list(map({True: "true", False: "false"}.get, column, column))
        separator = (
            self._separators[index]
            if index < len(self._separators)
            else self._schema.array_separator
        )
        return [cell_text(value, separator) for value in column]

    def _write_header(self, names: Sequence[str]) -> None:
        if self._needs_header:
            self._write_rows([names])
            self._needs_header = False

    def _write_rows(self, rows: Sequence[Sequence[Any]]) -> None:
        end = self._schema.line_separator
        text = self._text_of(rows, end)
        if "\r" in text and "\r" not in end:
            # The csv module quotes a value for the characters of its own line end only.
            mark = next(char for char in map(chr, range(1, 0x10FFFF)) if char not in text)
            text = self._text_of(rows, f"{end}\r{mark}").replace(f"{end}\r{mark}", end)
        self._stream.write(text.encode("utf-8"))

    def _text_of(self, rows: Sequence[Sequence[Any]], line_end: str) -> str:
        schema = self._schema
        text = io.StringIO(newline="")
        writer = csv.writer(
            text,
            delimiter=schema.column_separator,
            quotechar=schema.quote_char,
            escapechar=schema.escape_char,
            doublequote=schema.escape_char is None,
            lineterminator=line_end,
            quoting=csv.QUOTE_MINIMAL if schema.quote_char else csv.QUOTE_NONE,
        )
        try:
            writer.writerows(rows)
        except csv.Error as error:
            raise RowConversionError(
                f"{self._target}: a row holds a delimiter and the schema has neither quote nor "
                f"escape character: {error}; set one"
            ) from error
        return text.getvalue()

    def finish(self) -> None:
        """Write the header, if there were no rows."""
        if self._names is not None:
            self._write_header(self._names)


def cell_text(value: Any, separator: str) -> Any:
    """Return what a value is written as: text, or a value that the csv module writes well."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, (bytes, bytearray)):
        import base64

        return base64.b64encode(value).decode()
    if isinstance(value, (list, tuple)) or type(value).__name__ == "Row":
        return separator.join(str(cell_text(element, separator)) for element in value)
    return value
