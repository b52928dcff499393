"""ChunkReader: what readers share whose splits come as chunks of columns of any size."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from flinkette.contracts.source import Fetched, SplitReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flinkette._native.batch import Batch
    from flinkette.contracts.source import SourceSplit

__all__ = ["ChunkReader"]


class ChunkReader(SplitReader):
    """Slices chunks into batches. `position` of a split is the number of rows delivered."""

    def __init__(self) -> None:
        self._split: SourceSplit | None = None
        self._chunks: Iterator[Batch] | None = None
        self._chunk: Batch | None = None
        self._start = 0
        self._position = 0
        self._to_skip = 0

    @abstractmethod
    def chunks(self, split: SourceSplit, max_rows: int) -> Iterator[Batch]:
        """Return the chunks of a split from its first row; a batch has up to `max_rows` rows."""

    def add_split(self, split: SourceSplit) -> None:
        """Start at the split's position."""
        self._split, self._chunks, self._chunk = split, None, None
        self._position = self._to_skip = split.position

    def poll(self, max_rows: int) -> Fetched | None:
        """Return the next rows."""
        split = self._split
        if split is None:
            return None
        if self._chunks is None:
            self._chunks = self.chunks(split, max_rows)
        chunk = self._next_chunk(self._chunks) if self._chunk is None else self._chunk
        if chunk is None:
            self.close()
            return Fetched(split.split_id, None, self._position, is_split_end=True)
        stop = min(self._start + max_rows, chunk.num_rows)
        rows = chunk.slice(self._start, stop)
        self._position += stop - self._start
        self._start = stop
        self._chunk = None if stop == chunk.num_rows else chunk
        return Fetched(split.split_id, rows, self._position)

    def _next_chunk(self, chunks: Iterator[Batch]) -> Batch | None:
        for chunk in chunks:
            if chunk.num_rows > self._to_skip:
                self._start, self._to_skip = self._to_skip, 0
                return chunk
            self._to_skip -= chunk.num_rows
        return None

    def close(self) -> None:
        """Let go of the chunks."""
        self._split, self._chunks, self._chunk = None, None, None
