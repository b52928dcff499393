"""CollectSink: hands batches to the calling program through a bounded buffer in this process."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from flinkette.contracts.sink import Sink, SinkWriter

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.contracts.sink import SinkContext

__all__ = ["CollectBuffer", "CollectSink", "CollectWriter", "ResultBuffer"]

DEFAULT_MAX_BATCHES = 4


class CollectBuffer:
    """Batches on their way from the writers to the program that takes them.

    Writers append, one consumer takes; both are single deque operations, so they may live in
    different threads.

    Parameters
    ----------
    max_batches
        Batches held before writers report that they are not ready (>= 1); None: no bound.
    """

    def __init__(self, max_batches: int | None = DEFAULT_MAX_BATCHES) -> None:
        self.max_batches = max_batches
        self._batches: deque[Batch] = deque()

    def __len__(self) -> int:
        """Return the number of batches waiting."""
        return len(self._batches)

    @property
    def is_full(self) -> bool:
        """Whether writers have to wait."""
        return self.max_batches is not None and len(self._batches) >= self.max_batches

    def put(self, batch: Batch) -> None:
        """Append a batch, which must stay as it is."""
        self._batches.append(batch)

    def take(self) -> Batch | None:
        """Remove and return the oldest batch, or None if none is waiting."""
        try:
            return self._batches.popleft()
        except IndexError:
            return None

    def clear(self) -> None:
        """Drop every batch waiting."""
        self._batches.clear()


class ResultBuffer(Protocol):
    """Where writers put batches: the consumer's buffer, or a channel to its process."""

    @property
    def is_full(self) -> bool:
        """Whether writers have to wait."""

    def put(self, batch: Batch) -> None:
        """Append a batch, which must stay as it is."""


class CollectSink(Sink):
    """Gives rows to the program that runs the job (`execute_and_collect`).

    Parameters
    ----------
    buffer
        Shared by reference with the consumer; a bounded one of its own if not given.

    Notes
    -----
    A full buffer pauses the job until the consumer takes. On its way to another process the sink
    leaves its buffer behind; whoever runs it there gives it one that sends batches back.
    """

    def __init__(self, buffer: ResultBuffer | None = None) -> None:
        self.buffer: ResultBuffer = CollectBuffer() if buffer is None else buffer

    def __getstate__(self) -> dict[str, None]:
        return {"buffer": None}

    def create_writer(self, context: SinkContext) -> CollectWriter:
        """Make the writer of one subtask."""
        return CollectWriter(self.buffer)


class CollectWriter(SinkWriter):
    """Appends batches to the shared buffer: columns stay columns, nothing becomes an object."""

    def __init__(self, buffer: ResultBuffer) -> None:
        self._buffer = buffer

    def is_ready(self) -> bool:
        """Tell whether the consumer has kept up."""
        return not self._buffer.is_full

    def write(self, batch: Batch) -> None:
        """Hand the batch to the consumer; batches are immutable."""
        if batch.num_rows:
            self._buffer.put(batch)
