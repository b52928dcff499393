"""FileSource: records of files, read block by block; large plain files are shared by readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette.connectors.file_system.byte_stream import compression_of
from flinkette.connectors.file_system.listing import ListedFile, as_paths, list_files
from flinkette.connectors.file_system.record_blocks import (
    BLOCK_BYTES,
    LineCounter,
    RecordBlocks,
    aligned_start,
    read_sample,
)
from flinkette.connectors.split_queue import SplitQueue, restored_splits
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.source import Fetched, Source, SourceSplit, SplitReader
from flinkette.formats.malformed import MalformedPolicy

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from flinkette._native.batch import Batch
    from flinkette.contracts.source import ReaderContext, SplitEnumerator
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.formats.file_format import BlockDecoder, StreamFormat
    from flinkette.formats.malformed import MalformedRow

__all__ = ["FileRecordReader", "FileSplit", "RecordFileSource", "file_splits"]

LEAST_SPLIT_BYTES = 1 << 20
MOST_SPLIT_BYTES = 32 << 20
SPLITS_PER_READER = 4
"""So many, that readers end at about the same time."""


@dataclass(frozen=True)
class FileSplit(SourceSplit):
    """The records of a file that begin in [start, end); an `end` of -1 is the end of the file.

    `position` is (offset of a block, rows of it that were delivered), or None at the start.
    """

    path: str = ""
    start: int = 0
    end: int = -1
    position: tuple[int, int] | None = None


def file_splits(
    files: list[ListedFile], *, is_splittable: bool, parallelism: int, split_bytes: int | None
) -> list[FileSplit]:
    """Make splits of files: whole ones, or byte ranges of large plain files for several readers."""
    if split_bytes is None:
        share = sum(file.size_bytes for file in files) // (parallelism * SPLITS_PER_READER)
        split_bytes = min(max(share, LEAST_SPLIT_BYTES), MOST_SPLIT_BYTES)
    splits: list[FileSplit] = []
    for path, size_bytes in files:
        if is_splittable and parallelism > 1 and compression_of(path) is None:
            starts = range(0, max(size_bytes, 1), split_bytes)
        else:
            starts = range(1)
        for start in starts:
            end = start + split_bytes if start != starts[-1] else -1
            splits.append(FileSplit(f"{path}:{start}", path=path, start=start, end=end))
    return splits


class RecordFileSource(Source):
    """Reads the files that `paths` name through a `StreamFormat`.

    Parameters
    ----------
    format_
        How records are read.
    paths
        Files, folders and patterns; see `list_files`.
    is_splitting
        Whether large plain files may be cut into byte ranges.
    split_bytes
        Size of the byte ranges into which plain files are cut when several subtasks read; if not
        given 1 to 32 MiB, so that each of them gets some.
    block_bytes
        Bytes read at once.

    Notes
    -----
    The order of files is that of `paths`, and by name within a folder or pattern. Rows of one file
    come in order when one subtask reads it.
    """

    def __init__(
        self,
        format_: StreamFormat,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        is_splitting: bool = True,
        split_bytes: int | None = None,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self.format = format_
        self.paths = as_paths(paths)
        if not self.paths:
            raise InvalidPipelineError("a file source needs at least one path; none was given")
        self._is_splitting = is_splitting
        self._split_bytes = split_bytes
        self._block_bytes = block_bytes
        self._resolved: StreamFormat | None = None

    def produced_type(self) -> TypeInformation | None:
        """Return the type of the format's rows, if it is known before files are opened."""
        return self.format.produced_type()

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        """List the files and cut them into splits."""
        files = list_files(self.paths)
        self._resolved = self._resolve(files)
        format_ = self._resolved
        splits = file_splits(
            files,
            is_splittable=self._is_splitting
            and format_.is_splittable
            and format_.stream_charset is None,
            parallelism=parallelism,
            split_bytes=self._split_bytes,
        )
        return SplitQueue(splits)

    def _resolve(self, files: list[ListedFile]) -> StreamFormat:
        format_, charset = self.format, self.format.stream_charset
        return format_.resolve(
            [file.path for file in files], lambda path: read_sample(path, format_, charset)
        )

    def restore_enumerator(self, parallelism: int, snapshot: Any) -> SplitEnumerator:
        """Go on with the splits that nobody had when the snapshot was taken."""
        return SplitQueue(restored_splits(FileSplit, snapshot))

    def create_reader(self, context: ReaderContext) -> FileRecordReader:
        """Make the reader of one subtask."""
        if self._resolved is None:
            self._resolved = self._resolve(list_files(self.paths))
        return FileRecordReader(self._resolved, self._block_bytes)


class FileRecordReader(SplitReader):
    """Reads one split at a time, a block per `poll` at most."""

    def __init__(self, format_: StreamFormat, block_bytes: int) -> None:
        self.num_malformed = 0
        """Malformed records met so far, under any policy but "fail"."""
        self._format = format_
        self._block_bytes = block_bytes
        self._charset = format_.stream_charset
        self._split: FileSplit | None = None
        self._blocks: RecordBlocks | None = None
        self._decoder: BlockDecoder | None = None
        self._lines: LineCounter | None = None
        self._batch: Batch | None = None
        self._batch_offset = 0
        self._delivered = 0
        self._to_skip = 0

    def add_split(self, split: SourceSplit) -> None:
        """Open the split's file at its position."""
        assert isinstance(split, FileSplit)
        path, format_ = split.path, self._format
        if split.position is not None:
            start, self._to_skip = split.position
        else:
            start, self._to_skip = aligned_start(path, split.start), 0
        end = aligned_start(path, split.end) if split.end >= 0 else None
        head = read_sample(path, format_, self._charset)[0] if format_.needs_head else b""
        self._split = split
        self._decoder = format_.create_decoder(path, head)
        self._lines = LineCounter(path, self._charset)
        self._blocks = RecordBlocks(
            path, format_, self._charset, start=start, end=end, block_bytes=self._block_bytes
        )
        self._batch, self._delivered = None, 0

    def poll(self, max_rows: int) -> Fetched | None:
        """Return the next rows of the block at hand, or of the next block."""
        if self._split is None:
            return None
        rejected: list[MalformedRow] = []
        if self._batch is None and not self._load_block(rejected):
            return self._end_split()
        return self._deliver(max_rows, rejected)

    def _load_block(self, rejected: list[MalformedRow]) -> bool:
        assert self._blocks is not None
        assert self._decoder is not None
        assert self._lines is not None
        offset, lines = self._blocks.offset, self._lines
        block = next(self._blocks, None)
        if block is None:
            return False
        batch, malformed = self._decoder.decode(block, offset, lambda: lines.line_at(offset))
        self._batch, self._batch_offset, self._delivered = batch, offset, self._to_skip
        if self._to_skip == 0:
            # A block of which rows were delivered before a restart reported its records then.
            self.num_malformed += len(malformed)
            rejected += malformed
        self._to_skip = 0
        return True

    def _deliver(self, max_rows: int, rejected: list[MalformedRow]) -> Fetched:
        assert self._split is not None
        assert self._blocks is not None
        batch = self._batch
        rows: Batch | None = None
        if batch is not None:
            start = self._delivered
            stop = min(start + max_rows, batch.num_rows)
            if stop > start:
                rows = batch if stop - start == batch.num_rows else batch.slice(start, stop)
            self._delivered = stop
            if stop >= batch.num_rows:
                self._batch = batch = None
        position = (
            (self._blocks.offset, 0) if batch is None else (self._batch_offset, self._delivered)
        )
        is_side_output = self._format.on_malformed is MalformedPolicy.SIDE_OUTPUT
        return Fetched(
            self._split.split_id,
            rows,
            position,
            is_split_end=False,
            rejected=rejected if rejected and is_side_output else None,
        )

    def _end_split(self) -> Fetched:
        assert self._split is not None
        assert self._blocks is not None
        ended = Fetched(self._split.split_id, None, (self._blocks.offset, 0), is_split_end=True)
        self.close()
        return ended

    def close(self) -> None:
        """Close the file at hand."""
        if self._blocks is not None:
            self._blocks.close()
        self._split, self._blocks, self._decoder, self._batch = None, None, None, None
