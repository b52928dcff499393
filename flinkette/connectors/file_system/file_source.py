"""FileSource: builds sources of files, under PyFlink's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.connectors.file_system.source import RecordFileSource
from flinkette.contracts.errors import InvalidTypeError, UnsupportedFeatureError
from flinkette.formats.file_format import BulkFormat, StreamFormat

if TYPE_CHECKING:
    from flinkette.contracts.source import Source

__all__ = [
    "FileEnumeratorProvider",
    "FileSource",
    "FileSourceBuilder",
    "FileSplitAssignerProvider",
]


class FileEnumeratorProvider:
    """How files are found and cut. Make one with a static method.

    Parameters
    ----------
    is_splitting
        Whether large plain files are cut into byte ranges.
    """

    def __init__(self, *, is_splitting: bool) -> None:
        self.is_splitting = is_splitting

    @staticmethod
    def default_splittable_file_enumerator() -> FileEnumeratorProvider:
        """Walk folders, leave hidden files out, cut large plain files."""
        return FileEnumeratorProvider(is_splitting=True)

    @staticmethod
    def default_non_splittable_file_enumerator() -> FileEnumeratorProvider:
        """Walk folders, leave hidden files out, read every file whole."""
        return FileEnumeratorProvider(is_splitting=False)


class FileSplitAssignerProvider:
    """Which reader gets which split."""

    @staticmethod
    def locality_aware_split_assigner() -> FileSplitAssignerProvider:
        """Give the next split to whoever asks: all files are local."""
        return FileSplitAssignerProvider()


class FileSource(RecordFileSource):
    """Records of files. Start with `for_record_stream_format` or `for_bulk_file_format`.

    Examples
    --------
    >>> source = FileSource.for_record_stream_format(
    ...     StreamFormat.text_line_format(), "/var/log"
    ... ).build()
    """

    @staticmethod
    def for_record_stream_format(stream_format: StreamFormat, *paths: str) -> FileSourceBuilder:
        """Read records one after the other.

        Parameters
        ----------
        stream_format
            `StreamFormat.text_line_format()`, `CsvReaderFormat.for_schema(…)`, `JsonLinesFormat()`.
        *paths
            Files, folders (walked to any depth; names that begin with ``.`` or ``_`` are left
            out), patterns. Suffixes ``.gz .bz2 .xz .zst .deflate`` are decompressed.
        """
        if not isinstance(stream_format, StreamFormat):
            raise InvalidTypeError(
                f"FileSource: {stream_format!r} is no stream format; use "
                "StreamFormat.text_line_format() or CsvReaderFormat.for_schema(…)"
            )
        return FileSourceBuilder(stream_format, paths)

    @staticmethod
    def for_bulk_file_format(bulk_format: BulkFormat, *paths: str) -> FileSourceBuilder:
        """Read files in big pieces.

        Parameters
        ----------
        bulk_format
            `ParquetColumnarRowInputFormat(…)`.
        *paths
            As for `for_record_stream_format`.
        """
        from flinkette.formats.parquet import ParquetColumnarRowInputFormat

        if not isinstance(bulk_format, ParquetColumnarRowInputFormat):
            raise InvalidTypeError(
                f"FileSource: {bulk_format!r} is no bulk format; use "
                "ParquetColumnarRowInputFormat(…)"
            )
        return FileSourceBuilder(bulk_format, paths)


class FileSourceBuilder:
    """Settings of a `FileSource`; every method returns the builder."""

    def __init__(self, format_: Any, paths: tuple[str, ...]) -> None:
        self._format = format_
        self._paths = paths
        self._is_splitting = True

    def monitor_continuously(self, discovery_interval: Any) -> FileSourceBuilder:
        """Refuse: files that appear while the job runs are not found yet."""
        raise UnsupportedFeatureError(
            "FileSource.monitor_continuously: files that appear while a job runs are not read yet; "
            "start a job for the files that are there (process_static_file_set)"
        )

    def process_static_file_set(self) -> FileSourceBuilder:
        """Read the files that are there when the job starts; the default."""
        return self

    def set_file_enumerator(self, file_enumerator: FileEnumeratorProvider) -> FileSourceBuilder:
        """Set whether large files are cut."""
        self._is_splitting = file_enumerator.is_splitting
        return self

    def set_split_assigner(self, split_assigner: FileSplitAssignerProvider) -> FileSourceBuilder:
        """Take the assigner; the only one is the default."""
        return self

    def build(self) -> Source:
        """Return the source.

        Raises
        ------
        InvalidPipelineError
            If there are no paths.
        """
        if isinstance(self._format, StreamFormat):
            return FileSource(self._format, self._paths, is_splitting=self._is_splitting)
        from flinkette.connectors.parquet import ParquetSource

        return ParquetSource(
            self._paths,
            row_type=self._format.row_type,
            is_case_sensitive=self._format.is_case_sensitive,
        )
