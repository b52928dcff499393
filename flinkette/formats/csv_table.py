"""CSV files read by their header: names from the file, types declared or found in the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError, MalformedInputError, SourceError
from flinkette.formats.csv import CsvDecoder, CsvLayout, first_record_end, header_names
from flinkette.formats.file_format import StreamFormat
from flinkette.formats.malformed import MalformedPolicy
from flinkette.formats.near_names import nearest
from flinkette.formats.row_types import type_info_of, type_spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.formats.csv_records import RecordEnds
    from flinkette.formats.row_types import TypeSpec

__all__ = ["CsvTableFormat", "CsvTableOptions", "ResolvedCsv"]

STRING: TypeSpec = ("string",)


@dataclass(frozen=True)
class CsvTableOptions:
    """What a program says of its CSV files; see `flinkette.connectors.csv.CsvSource`."""

    names: tuple[str, ...] | None
    types: Mapping[str, Any]
    columns: tuple[str, ...] | None
    has_header: bool
    delimiter: str
    quote: str | None
    escape: str | None
    null_values: tuple[str, ...]
    is_string_nullable: bool
    allows_comments: bool
    charset: str


class CsvTableFormat(StreamFormat):
    """Reads CSV files whose columns are found by name.

    Columns without a declared type get one from the first rows of the first file, when the job
    starts.
    """

    def __init__(self, options: CsvTableOptions, on_malformed: MalformedPolicy | str) -> None:
        if not options.has_header and options.names is None:
            raise InvalidPipelineError(
                "CSV without a header: give the names of the columns in order, names=[…]"
            )
        self.options = options
        self.on_malformed = MalformedPolicy.of(on_malformed)
        self._specs = {name: type_spec_of(declared) for name, declared in options.types.items()}

    @property
    def stream_charset(self) -> str | None:
        """The encoding, if it is not UTF-8."""
        return None if self.options.charset in ("utf-8", "ascii") else self.options.charset

    @property
    def is_splittable(self) -> bool:
        """False where quotes may hold line ends, or there is a header."""
        return self.options.quote is None and not self.options.has_header

    @property
    def needs_head(self) -> bool:
        """Whether there is a header to read."""
        return True

    def _base_layout(self, names: tuple[str, ...]) -> CsvLayout:
        options = self.options
        return CsvLayout(
            names=names,
            specs=tuple(self._specs.get(name, STRING) for name in names),
            selected=options.columns,
            delimiter=options.delimiter,
            quote=options.quote,
            escape=options.escape,
            null_values=options.null_values,
            is_string_nullable=options.is_string_nullable,
            is_quoted_nullable=False,
            num_head_records=int(options.has_header),
            allows_comments=options.allows_comments,
        )

    @property
    def _record_ends(self) -> RecordEnds:
        return self._base_layout(()).record_ends

    def record_end(self, buffer: bytes, start: int) -> int:
        """Return the end of the last whole record in `buffer`."""
        return self._record_ends.last(buffer)

    def head_of(self, block: bytes) -> bytes:
        """Return the header, comments before it included."""
        return block[: first_record_end(block, self._base_layout(()))]

    def produced_type(self) -> TypeInformation | None:
        """Return the type of the rows, if the program gave every name and type."""
        names = self.options.columns or self.options.names
        if names is None or any(name not in self._specs for name in names):
            return None
        return type_info_of(("row", names, tuple(self._specs[name] for name in names)))

    def file_names(self, file: str, head: bytes) -> tuple[str, ...]:
        """Return the names of a file's columns, checked against what the program asks for."""
        options = self.options
        layout = self._base_layout(())
        found = header_names(head, layout)
        names = found if options.names is None else options.names
        if options.names is not None and found and len(found) != len(options.names):
            raise SourceError(
                f"{file}: the first record has {len(found)} fields, but names=[…] has "
                f"{len(options.names)}; give one name per column"
            )
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise SourceError(
                f"{file}: the column {twice!r} is there twice; give other names with names=[…]"
            )
        for wanted in dict.fromkeys((*(options.columns or ()), *self._specs)):
            if wanted not in names and (found or options.names is not None):
                raise SourceError(f"{file}: no column {wanted!r}; {nearest(wanted, names)}")
        return names

    def resolve(
        self, paths: list[str], sample: Callable[[str], tuple[bytes, bytes]]
    ) -> StreamFormat:
        """Find names and types: from the options, and from the first file that has rows."""
        found: ResolvedCsv | None = None
        for path in paths:
            head, first_block = sample(path)
            if not head:
                continue
            names = self.file_names(path, head)
            if found is None:
                layout = self._typed(path, self._base_layout(names), first_block)
                found = ResolvedCsv(self, layout)
            elif set(names) != set(found.layout.names) and self.options.columns is None:
                missing = [name for name in found.layout.names if name not in names]
                extra = [name for name in names if name not in found.layout.names]
                raise SourceError(
                    f"{path}: its columns differ from the first file's: missing {missing}, "
                    f"new {extra}; name the columns to read with columns=[…]"
                )
        return found or ResolvedCsv(self, self._base_layout(self.options.names or ()))

    def _typed(self, path: str, layout: CsvLayout, sample: bytes) -> CsvLayout:
        unknown = [name for name in layout.selected or layout.names if name not in self._specs]
        if not unknown:
            return layout
        import pyarrow
        from pyarrow import csv

        options = self.options
        data = sample
        if options.has_header:
            data = sample[first_record_end(sample, layout) :]
        if not data.strip():
            return layout
        try:
            table = csv.read_csv(
                pyarrow.BufferReader(data),
                read_options=csv.ReadOptions(
                    column_names=list(layout.names), use_threads=False, block_size=len(data) + 1
                ),
                parse_options=csv.ParseOptions(
                    delimiter=layout.delimiter,
                    quote_char=layout.quote or False,
                    escape_char=layout.escape or False,
                    newlines_in_values=layout.quote is not None,
                    # Malformed records are met again, and dealt with, when the data is read.
                    invalid_row_handler=lambda _row: "skip",
                ),
                convert_options=csv.ConvertOptions(
                    include_columns=unknown,
                    null_values=list(layout.null_values),
                    strings_can_be_null=layout.is_string_nullable,
                    quoted_strings_can_be_null=False,
                ),
            )
        except pyarrow.ArrowInvalid as error:
            raise MalformedInputError(
                f"{path}: the types of the columns cannot be found: {error}; declare them with "
                "types={…}",
                file=path,
            ) from error
        inferred = {name: _spec_of_arrow(table.schema.field(name).type) for name in unknown}
        specs = tuple(self._specs.get(name) or inferred.get(name, STRING) for name in layout.names)
        return replace(layout, specs=specs)

    def create_decoder(self, file: str, head: bytes) -> CsvDecoder:
        """Refuse: columns are not known yet."""
        raise InvalidPipelineError("a CSV source is resolved before it is read")


def _spec_of_arrow(found: Any) -> TypeSpec:
    import pyarrow.types as kinds

    if kinds.is_boolean(found):
        return ("boolean",)
    if kinds.is_integer(found):
        return ("long",)
    if kinds.is_floating(found):
        return ("double",)
    if kinds.is_date(found):
        return ("date",)
    if kinds.is_timestamp(found):
        return ("timestamp",) if found.tz is None else ("instant",)
    return STRING


class ResolvedCsv(StreamFormat):
    """A `CsvTableFormat` whose columns are known; each file's own header gives their order."""

    def __init__(self, table: CsvTableFormat, layout: CsvLayout) -> None:
        self.table = table
        self.layout = layout
        self.on_malformed = table.on_malformed

    @property
    def stream_charset(self) -> str | None:
        """The encoding, if it is not UTF-8."""
        return self.table.stream_charset

    @property
    def is_splittable(self) -> bool:
        """As the table's."""
        return self.table.is_splittable

    @property
    def needs_head(self) -> bool:
        """Whether there is a header to read."""
        return self.table.needs_head

    def record_end(self, buffer: bytes, start: int) -> int:
        """Return the end of the last whole record in `buffer`."""
        return self.table.record_end(buffer, start)

    def head_of(self, block: bytes) -> bytes:
        """Return the header, comments before it included."""
        return self.table.head_of(block)

    def create_decoder(self, file: str, head: bytes) -> CsvDecoder:
        """Make a decoder for a file; its columns may stand in another order."""
        names = self.table.file_names(file, head) if head else self.layout.names
        specs = dict(zip(self.layout.names, self.layout.specs, strict=True))
        layout = replace(
            self.layout,
            names=names,
            specs=tuple(specs.get(name, STRING) for name in names),
            selected=self.layout.selected or self.layout.names,
        )
        return CsvDecoder(file, layout, self.on_malformed)
