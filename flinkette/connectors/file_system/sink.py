"""FileSink: rows into the files of a folder, under PyFlink's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.connectors.base import StreamTransformer, SupportsPreprocessing
from flinkette.connectors.file_system.bucket_assigner import BucketAssigner
from flinkette.connectors.file_system.file_writer import BucketFileWriter
from flinkette.connectors.file_system.listing import writable_path
from flinkette.connectors.file_system.output_file_config import OutputFileConfig
from flinkette.connectors.file_system.rolling_policy import (
    OnCheckpointRollingPolicy,
    RollingPolicy,
)
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.schemas import Encoder
from flinkette.contracts.sink import Sink
from flinkette.formats.file_format import PartFormat
from flinkette.formats.lines import TextPartFormat

if TYPE_CHECKING:
    import os

    from flinkette.contracts.sink import SinkContext

__all__ = ["FileSink"]


def part_format_of(wanted: Any) -> PartFormat:
    """Return the format that an encoder or writer factory stands for.

    Raises
    ------
    InvalidTypeError
        If it stands for none.
    """
    if isinstance(wanted, PartFormat):
        return wanted
    if isinstance(wanted, Encoder):
        return TextPartFormat(wanted.charset)
    raise InvalidTypeError(
        f"FileSink: {wanted!r} is no format; use Encoder.simple_string_encoder(), "
        "CsvBulkWriters.for_schema(…) or ParquetBulkWriters.for_row_type(…)"
    )


class FileSink(Sink, SupportsPreprocessing):
    """Writes rows into ``<base>/<bucket>/<prefix>-<uuid>-<n><suffix>``.

    Make one with `for_row_format` or `for_bulk_format`.

    Notes
    -----
    While a file is written its name is hidden: ``.<name>.inprogress.<uuid>``. All files of a
    subtask get their names at the end of the job; a job that fails removes its hidden files.
    """

    def __init__(
        self,
        base_path: str | os.PathLike[str],
        format_: PartFormat,
        *,
        assigner: BucketAssigner,
        policy: RollingPolicy,
        names: OutputFileConfig,
    ) -> None:
        self.base_path = base_path
        self.format = format_
        self.assigner = assigner
        self.policy = policy
        self.names = names

    def create_writer(self, context: SinkContext) -> BucketFileWriter:
        """Make the writer of one subtask; checks that the base path can be written."""
        return BucketFileWriter(
            writable_path(self.base_path),
            self.format,
            self.assigner,
            self.policy,
            self.names,
            context,
        )

    def get_transformer(self) -> StreamTransformer | None:
        """Return None: formats take rows of any declared type."""
        return None

    @staticmethod
    def for_row_format(base_path: str, encoder: Any) -> FileSink.RowFormatBuilder:
        """Write each row by itself.

        Parameters
        ----------
        base_path
            Folder of the buckets; made if it is not there.
        encoder
            `Encoder.simple_string_encoder()`, or a format such as `CsvPartFormat`.
        """
        return FileSink.RowFormatBuilder(base_path, part_format_of(encoder))

    @staticmethod
    def for_bulk_format(base_path: str, writer_factory: Any) -> FileSink.BulkFormatBuilder:
        """Write rows in big pieces.

        Parameters
        ----------
        base_path
            Folder of the buckets; made if it is not there.
        writer_factory
            `ParquetBulkWriters.for_row_type(…)` or `CsvBulkWriters.for_schema(…)`.
        """
        return FileSink.BulkFormatBuilder(base_path, part_format_of(writer_factory))

    class BaseBuilder:
        """Settings that all formats have."""

        def __init__(self, base_path: str, format_: PartFormat, policy: RollingPolicy) -> None:
            self._base_path = base_path
            self._format = format_
            self._policy = policy
            self._assigner = BucketAssigner.date_time_bucket_assigner()
            self._names = OutputFileConfig()

        def with_bucket_check_interval(self, interval: int) -> Any:
            """Take the interval (ms) and not use it: files are checked with every batch."""
            if interval <= 0:
                raise InvalidPipelineError(f"bucket check interval {interval} is not above 0")
            return self

        def with_bucket_assigner(self, bucket_assigner: BucketAssigner) -> Any:
            """Set how buckets are named; by default by the hour."""
            self._assigner = bucket_assigner
            return self

        def with_output_file_config(self, output_file_config: OutputFileConfig) -> Any:
            """Set how files are named."""
            self._names = output_file_config
            return self

        def enable_compact(self, strategy: Any, compactor: Any) -> Any:
            """Take compaction settings; files are not compacted, as there are no checkpoints."""
            return self

        def disable_compact(self) -> Any:
            """Do not compact files."""
            return self

        def build(self) -> FileSink:
            """Return the sink."""
            return FileSink(
                self._base_path,
                self._format,
                assigner=self._assigner,
                policy=self._policy,
                names=self._names,
            )

    class RowFormatBuilder(BaseBuilder):
        """Builds a sink that writes each row by itself."""

        def __init__(self, base_path: str, format_: PartFormat) -> None:
            super().__init__(base_path, format_, RollingPolicy.default_rolling_policy())

        def with_rolling_policy(self, rolling_policy: RollingPolicy) -> FileSink.RowFormatBuilder:
            """Set when a file is closed; by default at 128 MiB or after a minute."""
            self._policy = rolling_policy
            return self

    class BulkFormatBuilder(BaseBuilder):
        """Builds a sink that writes rows in big pieces."""

        def __init__(self, base_path: str, format_: PartFormat) -> None:
            super().__init__(base_path, format_, RollingPolicy.on_checkpoint_rolling_policy())

        def with_rolling_policy(
            self, rolling_policy: OnCheckpointRollingPolicy
        ) -> FileSink.BulkFormatBuilder:
            """Set when a file is closed: bulk formats know checkpoints only."""
            if not isinstance(rolling_policy, OnCheckpointRollingPolicy):
                raise InvalidTypeError(
                    "rolling_policy must be OnCheckpointRollingPolicy for bulk format"
                )
            self._policy = rolling_policy
            return self
