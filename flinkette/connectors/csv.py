"""CsvSource and CsvSink: CSV files as rows with named, typed columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.connectors.file_system.path_sink import CsvSink
from flinkette.connectors.file_system.source import RecordFileSource
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.formats.csv_table import CsvTableFormat, CsvTableOptions
from flinkette.formats.lines import known_charset
from flinkette.formats.malformed import MalformedPolicy

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["CsvSink", "CsvSource"]


class CsvSource(RecordFileSource):
    r"""The records of CSV files as rows.

    Parameters
    ----------
    paths
        A path or several: files, folders (walked to any depth, hidden names left out), patterns.
        Suffixes ``.gz .bz2 .xz .zst .deflate`` are decompressed.
    types
        Types of columns by name: `Types.LONG()`, … or int, float, str, bool. A column that is not
        named here gets the type that the first rows of the first file show.
    names
        Names of all columns in order, instead of the header's; needed if `header` is False.
    columns
        Read these columns only, in this order; None: all.
    header
        Whether each file begins with the names of its columns; files may order them differently.
    delimiter
        Character between fields.
    quote
        Character around fields that hold delimiters or line ends; None: nothing is quoted.
    escape
        Character that takes the meaning from the next one.
    null_values
        Unquoted texts that stand for None. If not given, an empty field is None, except in columns
        of text, where it is "".
    allow_comments
        Leave out lines that begin with ``#``.
    charset
        Encoding of the files.
    on_malformed
        What becomes of a record that has more or fewer fields than there are columns, or a field
        that does not fit its type: "fail", "skip" or "side-output".

    Raises
    ------
    SourceError
        When the job starts, if a path does not exist or a column is not there.
    MalformedInputError
        When the job meets a malformed record and `on_malformed` is "fail".
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        types: Mapping[str, Any] | None = None,
        *,
        names: Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
        header: bool = True,
        delimiter: str = ",",
        quote: str | None = '"',
        escape: str | None = None,
        null_values: Iterable[str] | None = None,
        allow_comments: bool = False,
        charset: str = "UTF-8",
        on_malformed: MalformedPolicy | str = MalformedPolicy.FAIL,
    ) -> None:
        for what, char in (("delimiter", delimiter), ("quote", quote), ("escape", escape)):
            if char is not None and len(char.encode()) != 1:
                raise InvalidPipelineError(f"CSV: {what}={char!r} is not a single ASCII character")
        options = CsvTableOptions(
            names=None if names is None else tuple(names),
            types=dict(types or {}),
            columns=None if columns is None else tuple(columns),
            has_header=header,
            delimiter=delimiter,
            quote=quote,
            escape=escape,
            null_values=("",) if null_values is None else tuple(null_values),
            is_string_nullable=null_values is not None,
            allows_comments=allow_comments,
            charset=known_charset(charset),
        )
        super().__init__(CsvTableFormat(options, on_malformed), paths)
