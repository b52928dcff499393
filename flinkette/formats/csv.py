"""CSV to columns: blocks of whole records are parsed and typed by pyarrow, one call per block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette.contracts.errors import InvalidTypeError, SourceError
from flinkette.formats.arrow_types import arrow_type
from flinkette.formats.csv_records import RecordEnds
from flinkette.formats.file_format import BlockDecoder, Decoded, StreamFormat
from flinkette.formats.malformed import MalformedPolicy, MalformedRow, malformed_error
from flinkette.formats.row_types import type_info_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow

    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.formats.csv_schema import CsvSchema
    from flinkette.formats.row_types import TypeSpec

__all__ = ["CsvDecoder", "CsvLayout", "CsvReaderFormat"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvLayout:
    """Everything a decoder needs to know about a CSV file.

    `names` and `specs` are the columns of the file in order; `selected` those that rows have (None:
    all). `num_head_records` records at the start of each file are no data.
    """

    names: tuple[str, ...]
    specs: tuple[TypeSpec, ...]
    selected: tuple[str, ...] | None = None
    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    null_values: tuple[str, ...] = ()
    is_string_nullable: bool = True
    is_quoted_nullable: bool = True
    array_separators: tuple[tuple[str, str], ...] = ()
    num_head_records: int = 0
    allows_comments: bool = False

    @property
    def record_ends(self) -> RecordEnds:
        """Finder of record ends."""
        return RecordEnds(self.delimiter, self.quote, self.escape)


class CsvReaderFormat(StreamFormat):
    """Reads CSV files with a `CsvSchema`; make one with `for_schema`.

    Notes
    -----
    A field that does not fit its column's type, or a record with more or fewer fields than the
    schema has columns, is malformed. Spaces around numbers are left out. Empty lines are left out
    where the schema has several columns.
    """

    def __init__(
        self,
        schema: CsvSchema,
        on_malformed: MalformedPolicy | str = MalformedPolicy.FAIL,
    ) -> None:
        self.schema = schema
        self.on_malformed = MalformedPolicy.of(on_malformed)
        if not schema.columns:
            raise InvalidTypeError(
                "CsvReaderFormat: the schema has no columns; add them with add_string_column, "
                "add_number_column, …"
            )
        self.layout = CsvLayout(
            names=schema.names,
            specs=tuple(column.spec for column in schema.columns),
            delimiter=schema.column_separator,
            quote=schema.quote_char,
            escape=schema.escape_char,
            null_values=() if schema.null_value is None else (schema.null_value,),
            array_separators=tuple(
                (
                    column.name,
                    schema.array_separator if column.separator is None else column.separator,
                )
                for column in schema.columns
                if column.is_array
            ),
            num_head_records=int(schema.is_header_used) + int(schema.is_first_row_skipped),
            allows_comments=schema.allows_comments,
        )

    @staticmethod
    def for_schema(
        schema: CsvSchema, on_malformed: MalformedPolicy | str = MalformedPolicy.FAIL
    ) -> CsvReaderFormat:
        """Make the format.

        Parameters
        ----------
        schema
            Columns and delimiters.
        on_malformed
            "fail", "skip" or "side-output" (not in PyFlink).
        """
        return CsvReaderFormat(schema, on_malformed)

    @property
    def is_splittable(self) -> bool:
        """False where quotes may hold line ends, or a file begins with records that are no data."""
        return self.layout.quote is None and not self.layout.num_head_records

    @property
    def needs_head(self) -> bool:
        """Whether the header is compared with the schema."""
        return self.schema.is_header_used and self.schema.is_header_strict

    def produced_type(self) -> TypeInformation | None:
        """Return the type of the rows."""
        return type_info_of(self.schema.type_spec())

    def record_end(self, buffer: bytes, start: int) -> int:
        """Return the end of the last whole record in `buffer`."""
        return self.layout.record_ends.last(buffer)

    def head_of(self, block: bytes) -> bytes:
        """Return the header, comments before it included."""
        return block[: first_record_end(block, self.layout)]

    def create_decoder(self, file: str, head: bytes) -> CsvDecoder:
        """Make a decoder; refuses a strict header that differs."""
        if self.needs_head:
            names = header_names(head, self.layout)
            if names != self.layout.names:
                raise SourceError(
                    f"{file}: the header is {', '.join(names)}, but the schema's columns are "
                    f"{', '.join(self.layout.names)}; correct the schema, or leave out "
                    "set_strict_headers"
                )
        return CsvDecoder(file, self.layout, self.on_malformed)


def header_names(head: bytes, layout: CsvLayout) -> tuple[str, ...]:
    """Return the fields of a file's first record."""
    import csv

    head = head.removeprefix(BYTE_ORDER_MARK)
    if layout.allows_comments:
        head = re.sub(rb"\A(?:#[^\n]*\n)+", b"", head)
    text = head.decode("utf-8", "replace")
    rows = csv.reader(
        text.splitlines(keepends=True),
        delimiter=layout.delimiter,
        quotechar=layout.quote,
        escapechar=layout.escape,
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
    )
    return tuple(next(rows, []))


class CsvDecoder(BlockDecoder):
    """Parses blocks; a block that pyarrow refuses is halved until the bad records stand alone."""

    def __init__(self, file: str, layout: CsvLayout, policy: MalformedPolicy) -> None:
        from pyarrow import csv

        self._file = file
        self._layout = layout
        self._policy = policy
        self._ends = layout.record_ends
        arrays = dict(layout.array_separators)
        types = {
            name: arrow_type(("string",) if name in arrays else spec, f"CSV column {name!r}")
            for name, spec in zip(layout.names, layout.specs, strict=True)
        }
        selected = layout.names if layout.selected is None else layout.selected
        self._arrays = [
            (selected.index(name), separator, arrow_type(layout.specs[layout.names.index(name)]))
            for name, separator in layout.array_separators
            if name in selected
        ]
        self._parse_options = csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote or False,
            escape_char=layout.escape or False,
            newlines_in_values=layout.quote is not None,
            ignore_empty_lines=len(layout.names) > 1,
        )
        self._convert_options = csv.ConvertOptions(
            column_types=types,
            include_columns=list(selected),
            null_values=list(layout.null_values),
            strings_can_be_null=layout.is_string_nullable,
            quoted_strings_can_be_null=layout.is_quoted_nullable,
        )

    def decode(self, block: bytes, offset: int, first_line: Callable[[], int]) -> Decoded:
        """Return the rows of the block as columns."""
        skipped_lines = 0
        if offset == 0 and self._layout.num_head_records:
            data = self._without_head(block)
            skipped_lines = block[: len(block) - len(data)].count(b"\n")
            block = data
        if self._layout.allows_comments:
            # An empty line in a comment's place keeps the numbers of the lines after it.
            block = re.sub(rb"(?m)^#[^\r\n]*", b"", block)
        tables: list[pyarrow.Table] = []
        rejected: list[MalformedRow] = []
        if block:
            self._parse_into(tables, rejected, block, lambda: first_line() + skipped_lines)
        return Decoded(_batch_of(tables), rejected)

    def _without_head(self, block: bytes) -> bytes:
        for _ in range(self._layout.num_head_records):
            block = block[first_record_end(block, self._layout) :]
        return block

    def _parse_into(
        self,
        tables: list[pyarrow.Table],
        rejected: list[MalformedRow],
        block: bytes,
        first_line: Callable[[], int],
    ) -> None:
        import pyarrow

        try:
            tables.append(self._parse(block))
        except pyarrow.ArrowInvalid as error:
            middle = self._ends.middle(block)
            if middle == 0:
                self._reject(rejected, block, first_line(), error)
                return
            self._parse_into(tables, rejected, block[:middle], first_line)
            self._parse_into(
                tables,
                rejected,
                block[middle:],
                lambda: first_line() + block.count(b"\n", 0, middle),
            )

    def _parse(self, block: bytes) -> pyarrow.Table:
        import pyarrow
        from pyarrow import csv

        if not block.strip(b"\r\n") and len(self._layout.names) > 1:
            return None
        table = csv.read_csv(
            pyarrow.BufferReader(block),
            read_options=csv.ReadOptions(
                column_names=list(self._layout.names),
                use_threads=False,
                block_size=len(block) + 1,
            ),
            parse_options=self._parse_options,
            convert_options=self._convert_options,
        )
        for index, separator, wanted in self._arrays:
            table = table.set_column(
                index, table.schema.names[index], _split(table.column(index), separator, wanted)
            )
        return table

    def _reject(
        self, rejected: list[MalformedRow], record: bytes, line: int, error: Exception
    ) -> None:
        row = MalformedRow.of(self._file, line, record, self._reason(str(error)))
        if self._policy is MalformedPolicy.FAIL:
            raise malformed_error(row, "a CSV record as declared") from error
        rejected.append(row)

    def _reason(self, text: str) -> str:
        text = re.sub(r"Row #\d+: ", "", text.removeprefix("CSV parse error: "))
        text = re.sub(r"(Expected \d+ columns, got \d+): [\s\S]*", r"\1", text)
        found = re.match(r"In CSV column #(\d+): (?:CSV conversion error to )?([\s\S]*)", text)
        if found is None:
            return text
        names = self._layout.names if self._layout.selected is None else self._layout.selected
        index = int(found[1])
        name = names[index] if index < len(names) else found[1]
        return f"column {name!r}: {found[2]}"


def first_record_end(buffer: bytes, layout: CsvLayout) -> int:
    """Return the end of the first record in `buffer`, comments before it included."""
    start, ends = 0, layout.record_ends
    while layout.allows_comments and buffer.startswith(b"#", start):
        start = buffer.find(b"\n", start) + 1 or len(buffer)
    at = start
    while True:
        at = buffer.find(b"\n", at) + 1
        if at == 0:
            return len(buffer)
        if ends.last(buffer[start:at]) == at - start:
            return at


def _split(column: pyarrow.ChunkedArray, separator: str, wanted: pyarrow.DataType) -> Any:
    import pyarrow
    from pyarrow import compute

    text = column.combine_chunks()
    if isinstance(text, pyarrow.ChunkedArray):
        text = text.chunk(0) if text.num_chunks else pyarrow.array([], pyarrow.string())
    # Without a separator a value is an array of one element; a zero byte is in no text file.
    parts = compute.split_pattern(text, separator or "\0")
    is_empty = compute.equal(text, "")
    empty = pyarrow.array([[]] * len(text), parts.type)
    return compute.if_else(is_empty, empty, parts).cast(wanted)


def _batch_of(tables: list[pyarrow.Table]) -> Batch | None:
    import pyarrow

    tables = [table for table in tables if table is not None and table.num_rows]
    if not tables:
        return None
    table = tables[0] if len(tables) == 1 else pyarrow.concat_tables(tables)
    return Batch.from_arrow(table.combine_chunks().to_batches()[0])
