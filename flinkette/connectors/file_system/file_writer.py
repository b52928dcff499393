"""The writers of file sinks: many files in buckets, or one file."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.connectors.file_system.part_file import FolderMaker, PartFile
from flinkette.contracts.errors import SinkError
from flinkette.contracts.sink import SinkWriter

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.connectors.file_system.bucket_assigner import BucketAssigner
    from flinkette.connectors.file_system.output_file_config import OutputFileConfig
    from flinkette.connectors.file_system.rolling_policy import RollingPolicy
    from flinkette.contracts.sink import SinkContext
    from flinkette.formats.file_format import PartFormat

__all__ = ["BucketFileWriter", "OneFileWriter"]


class BucketFileWriter(SinkWriter):
    """Writes ``<base>/<bucket>/<prefix>-<uuid>-<n><suffix>``; a bucket has one open file.

    Files that were closed by the rolling policy stay hidden until `finish`.
    """

    def __init__(
        self,
        base_path: str,
        format_: PartFormat,
        assigner: BucketAssigner,
        policy: RollingPolicy,
        names: OutputFileConfig,
        context: SinkContext,
    ) -> None:
        format_.check(context.input_type)
        self._base = Path(base_path)
        self._format = format_
        self._assigner = assigner
        self._policy = policy
        self._names = names
        self._context = context
        self._writer_id = uuid.uuid4()
        self._num_files = 0
        self._open: dict[str, PartFile] = {}
        self._pending: list[PartFile] = []
        self._folders = FolderMaker()
        self._folders.make(self._base)

    def write(self, batch: Batch) -> None:
        """Append the rows to the open file of the bucket that the clock names."""
        if not batch.num_rows:
            return
        now_ms = self._context.now_ms()
        self._roll(now_ms)
        bucket = self._assigner.bucket_at(now_ms)
        part = self._open.get(bucket)
        if part is None:
            part = self._open[bucket] = self._next_file(bucket, now_ms)
        part.write(batch, now_ms)

    def _next_file(self, bucket: str, now_ms: int) -> PartFile:
        names = self._names
        name = f"{names.part_prefix}-{self._writer_id}-{self._num_files}{names.part_suffix}"
        folder = self._base / bucket
        if not folder.is_dir():
            self._folders.make(folder)
        self._num_files += 1
        return PartFile(folder / name, self._format, self._context.input_type, now_ms)

    def _roll(self, now_ms: int) -> None:
        for bucket, part in list(self._open.items()):
            if self._policy.is_due(
                size_bytes=part.size_bytes,
                opened_ms=part.opened_ms,
                written_ms=part.written_ms,
                now_ms=now_ms,
            ):
                self._pending.append(self._open.pop(bucket))
                part.close()

    def flush(self) -> None:
        """Close files that are full or old, and hand the others' bytes to the operating system."""
        self._roll(self._context.now_ms())
        for part in self._open.values():
            part.flush()

    def finish(self) -> None:
        """Make all files visible."""
        self._pending += self._open.values()
        self._open = {}
        for part in self._pending:
            part.close()
        for part in self._pending:
            part.commit()
        self._pending = []

    def abort(self) -> None:
        """Remove the files that are not visible, and the folders made for them."""
        for part in (*self._pending, *self._open.values()):
            part.abort()
        self._pending, self._open = [], {}
        self._folders.remove_empty()


class OneFileWriter(SinkWriter):
    """Writes one file, which appears, or replaces the one there, when all rows are written."""

    def __init__(self, path: str, format_: PartFormat, context: SinkContext) -> None:
        format_.check(context.input_type)
        if context.parallelism > 1:
            raise SinkError(
                f"{path}: {context.parallelism} subtasks cannot write one file; set_parallelism(1) "
                "on the sink, or give it a folder"
            )
        self._now_ms = context.now_ms
        self._folders = FolderMaker()
        self._folders.make(Path(path).parent)
        self._part = PartFile(Path(path), format_, context.input_type, self._now_ms())

    def write(self, batch: Batch) -> None:
        """Append the rows."""
        if batch.num_rows:
            self._part.write(batch, self._now_ms())

    def flush(self) -> None:
        """Hand what is buffered to the operating system."""
        self._part.flush()

    def finish(self) -> None:
        """Make the file visible."""
        self._part.commit()

    def abort(self) -> None:
        """Remove the file."""
        self._part.abort()
        self._folders.remove_empty()
