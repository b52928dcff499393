"""Rows of a collecting sink on their way to a client that is no neighbour: by mail, on credit.

```
 worker ── Rows ──► task manager ──► JobManager: ResultQueue ◄── FetchRows ── client
   ▲                                     │
   └────────────── RowsTaken ────────────┘
```

The client asks, so that it is never flooded; what it takes gives the worker room for more. Frames
are those of a ring (docs/spec/ring_frames.md), an element never waits for the whole of another.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette.cluster.messages import Rows, RowsOfWorker
from flinkette.exchange.channel import Sender
from flinkette.exchange.element_frames import ElementReader, ElementWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flinkette.exchange.element import Element

__all__ = ["MailedRows", "ReceivedRows", "ResultQueue"]

WINDOW_BYTES = 1 << 20
"""Bytes of one sink of one worker that the client has not taken, at most."""
FRAME_BYTES = 64
"""What a frame counts for beside its payload."""
MAX_PAYLOAD_BYTES = WINDOW_BYTES // 4 - FRAME_BYTES


class _MailFrames:
    """Messages as the element writer sees them: room is what the client has taken."""

    max_payload_bytes = wanted_payload_bytes = MAX_PAYLOAD_BYTES

    def __init__(self, sink: int, tell: Callable[[Rows], None]) -> None:
        self._sink = sink
        self._tell = tell
        self._payload = bytearray()
        self._sent_bytes = 0
        self.granted_bytes = WINDOW_BYTES

    def has_room_for(self, payload_bytes: int) -> bool:
        return self._sent_bytes + FRAME_BYTES + payload_bytes <= self.granted_bytes

    def reserve(self, payload_bytes: int) -> memoryview | None:
        if not self.has_room_for(payload_bytes):
            return None
        self._payload = bytearray(payload_bytes)
        return memoryview(self._payload)

    def publish(self, kind: int, argument: int = 0) -> bool:
        payload, self._payload = self._payload, bytearray()
        self._sent_bytes += FRAME_BYTES + len(payload)
        self._tell(Rows(self._sink, kind, argument, bytes(payload)))
        return False


class MailedRows(Sender):
    """The worker's end; what finds no credit stays pending here, at most one element.

    Parameters
    ----------
    sink : int
        Number of the sink among the job's collecting ones.
    tell : callable
        Sends a message to the master.
    """

    def __init__(self, sink: int, tell: Callable[[Rows], None]) -> None:
        self._frames = _MailFrames(sink, tell)
        self._elements = ElementWriter(self._frames)

    def grant(self, granted_bytes: int) -> None:
        """Take note of how much may be sent, ever."""
        self._frames.granted_bytes = max(self._frames.granted_bytes, granted_bytes)

    def has_room(self) -> bool:
        """Move on what is pending; True: `put` may be called."""
        return not self._elements.has_pending or self._elements.resume()

    def put(self, element: Element) -> None:
        """Send an element as far as there is credit; RowConversionError as in other channels."""
        self._elements.write(element)

    @property
    def has_pending(self) -> bool:
        """Whether a part of the last element waits for credit."""
        return self._elements.has_pending

    def fall_asleep(self) -> bool:
        """Before parking, which mail ends; False: there is room now."""
        return self.has_pending and not self._frames.has_room_for(self._elements.needed_bytes)

    def wake_up(self) -> None:
        """Nothing to take back."""

    def close(self) -> None:
        """Nothing to tell: the client hears of the job's end."""


class ResultQueue:
    """Rows of one job that its client has not taken yet. Belongs to the JobManager's thread."""

    def __init__(self) -> None:
        self._frames: deque[RowsOfWorker] = deque()
        self._taken_bytes: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._frames)

    def add(self, worker: int, rows: Rows) -> None:
        """Append what a worker sent."""
        self._frames.append(RowsOfWorker(worker, rows))

    def take(self, max_bytes: int) -> tuple[list[RowsOfWorker], list[tuple[int, int, int]]]:
        """Remove the oldest frames, at least one if there are any.

        Returns
        -------
        list of RowsOfWorker
            Of `max_bytes`, or one larger.
        list of (worker, sink, bytes)
            What to grant: bytes that may be sent, ever.
        """
        taken: list[RowsOfWorker] = []
        touched: dict[tuple[int, int], None] = {}
        left_bytes = max_bytes
        while self._frames and (not taken or _size(self._frames[0]) <= left_bytes):
            frame = self._frames.popleft()
            taken.append(frame)
            left_bytes -= _size(frame)
            key = (frame.worker, frame.rows.sink)
            self._taken_bytes[key] = self._taken_bytes.get(key, 0) + _size(frame)
            touched[key] = None
        return taken, [(*key, self._taken_bytes[key] + WINDOW_BYTES) for key in touched]


class ReceivedRows:
    """The client's end: frames of all workers become batches again."""

    def __init__(self) -> None:
        self._readers: dict[tuple[int, int], ElementReader] = {}

    def read(self, frames: Iterable[RowsOfWorker]) -> list[tuple[int, Batch]]:
        """Return the batches that frames complete, each with the number of its sink."""
        batches: list[tuple[int, Batch]] = []
        for frame in frames:
            rows = frame.rows
            reader = self._readers.setdefault(
                (frame.worker, rows.sink), ElementReader(is_lent=False)
            )
            # memory of its own, aligned as columns want it
            element = reader.read(rows.kind, rows.argument, bytearray(rows.payload))
            if isinstance(element, Batch):
                batches.append((rows.sink, element))
        return batches


def _size(frame: RowsOfWorker) -> int:
    return FRAME_BYTES + len(frame.rows.payload)
