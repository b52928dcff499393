"""Sinks that take a path: one file if it has a suffix, else a folder of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flinkette.connectors.file_system.bucket_assigner import BasePathBucketAssigner
from flinkette.connectors.file_system.file_writer import BucketFileWriter, OneFileWriter
from flinkette.connectors.file_system.listing import writable_path
from flinkette.connectors.file_system.output_file_config import OutputFileConfig
from flinkette.connectors.file_system.rolling_policy import OnCheckpointRollingPolicy
from flinkette.contracts.sink import Sink
from flinkette.formats.csv_schema import CsvSchema
from flinkette.formats.csv_writer import CsvPartFormat
from flinkette.formats.json_lines import JsonLinesPartFormat
from flinkette.formats.lines import TextPartFormat
from flinkette.formats.parquet import ParquetPartFormat

if TYPE_CHECKING:
    import os

    from flinkette.contracts.sink import SinkContext, SinkWriter
    from flinkette.formats.file_format import PartFormat

__all__ = ["CsvSink", "JsonLinesSink", "ParquetSink", "PathSink", "TextSink"]


class PathSink(Sink):
    """Writes one file, or a file per subtask into a folder.

    Parameters
    ----------
    path
        With a suffix (``out.csv``) one file, written by one subtask; it replaces a file of that
        name when the job ends. Else, or if it ends with ``/`` or is a folder, a folder.
    format_
        How rows are written.
    suffix
        End of the names of files in a folder.
    """

    def __init__(self, path: str | os.PathLike[str], format_: PartFormat, suffix: str) -> None:
        self.path = path
        self.format = format_
        self.suffix = suffix

    @property
    def is_parallel(self) -> bool:
        """False if one subtask alone writes: the path is one file."""
        return not self._is_one_file(writable_path(self.path))

    def _is_one_file(self, path: str) -> bool:
        return not path.endswith("/") and bool(Path(path).suffix) and not Path(path).is_dir()

    def create_writer(self, context: SinkContext) -> SinkWriter:
        """Make the writer of one subtask; checks that the path can be written."""
        path = writable_path(self.path)
        if self._is_one_file(path):
            return OneFileWriter(path, self.format, context)
        return BucketFileWriter(
            path,
            self.format,
            BasePathBucketAssigner(),
            OnCheckpointRollingPolicy(),
            OutputFileConfig("part", self.suffix),
            context,
        )


class TextSink(PathSink):
    """Writes each row's text, as `print` shows it, on a line of its own.

    Parameters
    ----------
    path
        A file name with a suffix, or a folder; see `PathSink`.
    charset
        Encoding of the files.
    """

    def __init__(self, path: str | os.PathLike[str], charset: str = "UTF-8") -> None:
        super().__init__(path, TextPartFormat(charset), ".txt")


class CsvSink(PathSink):
    """Writes rows as CSV.

    Parameters
    ----------
    path
        A file name with a suffix, or a folder; see `PathSink`.
    header
        Begin each file with the names of the columns.
    delimiter
        Character between values.
    null_value
        Text that stands for None.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        header: bool = True,
        delimiter: str = ",",
        null_value: str = "",
    ) -> None:
        schema = (
            CsvSchema.builder()
            .set_use_header(header)
            .set_column_separator(delimiter)
            .set_null_value(null_value)
            .build()
        )
        super().__init__(path, CsvPartFormat(schema), ".csv")


class JsonLinesSink(PathSink):
    """Writes each row as a JSON value on a line of its own.

    Parameters
    ----------
    path
        A file name with a suffix, or a folder; see `PathSink`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, JsonLinesPartFormat(), ".jsonl")


class ParquetSink(PathSink):
    """Writes rows as Parquet, in row groups of 65,536 rows.

    Parameters
    ----------
    path
        A file name with a suffix, or a folder; see `PathSink`.
    schema
        A type of rows or a pyarrow Schema; None: the declared type of the rows, or what the first
        rows show.
    compression
        Of the columns, as pyarrow names it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        schema: Any = None,
        *,
        compression: str = "snappy",
    ) -> None:
        super().__init__(path, ParquetPartFormat(schema, compression), ".parquet")
