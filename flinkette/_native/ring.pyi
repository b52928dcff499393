"""A byte ring in shared memory: frames from one producer process to one consumer process.

Format: docs/spec/ring_frames.md. Nothing here waits except the two `wait` methods, which give
up the GIL and yield the processor. Views of ring memory are guarded: what would make a view dangle
(publish, release, close) raises BufferError while the view lives, and debug builds overwrite
released memory.
"""

from __future__ import annotations

from typing import Literal

from flinkette._native.shared_memory import SharedMemory

__all__ = ["Frame", "RingReader", "RingWriter", "create_ring"]

Side = Literal["absent", "open", "closed", "dead"]

def create_ring(capacity_bytes: int, *, attempt: int = 0, channel: int = 0) -> SharedMemory:
    """Make the memory of an empty ring; capacity is a power of two, 64 KiB to 1 MiB."""

class RingWriter:
    """The producer's end of a ring. One thread at a time.

    Raises
    ------
    ValueError
        If the memory holds no ring, or its ring has had a producer. Later also from every
        method, if the consumer wrote nonsense.
    """

    def __init__(self, memory: SharedMemory) -> None: ...
    @property
    def channel(self) -> int:
        """The number `create_ring` was given."""
    @property
    def max_payload_bytes(self) -> int:
        """Largest payload; what is larger travels in memory of its own."""
    @property
    def consumer(self) -> Side: ...
    @property
    def consumer_process(self) -> int: ...
    @property
    def is_consumer_idle(self) -> bool:
        """Whether the consumer has given back everything published."""
    @property
    def capacity_bytes(self) -> int:
        """Room for frames with their headers."""
    @property
    def returned_bytes(self) -> int:
        """Bytes the consumer had given back when we last found no room."""
    @property
    def sequence(self) -> int:
        """Frames published so far."""
    def limit(self, window_bytes: int) -> None:
        """Let at most so many bytes be on their way; one frame may always follow another."""

    def reserve(self, payload_bytes: int) -> memoryview | None:
        """Open a frame and return its memory; None if there is no room now.

        Raises
        ------
        IndexError
            If it is above `max_payload_bytes`.
        """

    def extend(self, payload_bytes: int) -> memoryview | None:
        """Give the open frame room for so many bytes in all, in place; None if that cannot be."""

    def publish(
        self,
        kind: int,
        argument: int = 0,
        payload_bytes: int | None = None,
        *,
        checksum: bool = False,
    ) -> bool:
        """Show the open frame to the consumer; True if he sleeps and has to be woken."""

    def cancel(self) -> None:
        """Drop the open frame."""

    def wait_for_room(self, payload_bytes: int, timeout_s: float) -> bool:
        """Yield until a frame of this size fits; False when time is over."""

    def announce_barrier(self, barrier: int) -> None: ...
    def fall_asleep(self, payload_bytes: int) -> bool:
        """Say that we sleep until there is room; False if there is, or nobody would wake us."""

    def wake_up(self) -> None: ...
    def declare_consumer_dead(self) -> None: ...
    def close(self) -> bool:
        """Say that nothing more will come; True if the consumer has to be woken."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

class RingReader:
    """The consumer's end of a ring. One thread at a time."""

    def __init__(self, memory: SharedMemory) -> None: ...
    @property
    def channel(self) -> int:
        """The number `create_ring` was given."""
    @property
    def producer(self) -> Side: ...
    @property
    def producer_process(self) -> int: ...
    @property
    def is_drained(self) -> bool:
        """Whether the producer left and everything it sent was taken."""
    @property
    def held_bytes(self) -> int:
        """Bytes taken and not yet given back."""
    @property
    def dropped_frames(self) -> int:
        """Frames passed over because another attempt wrote them."""
    @property
    def announced_barrier(self) -> int: ...
    def peek(self) -> Frame | None:
        """Return the next frame without taking it; None if there is none now.

        Raises
        ------
        ValueError
            If the producer wrote nonsense; then and ever after.
        """

    def take(self) -> Frame | None:
        """Return the next frame and go past it; its memory is held until release."""

    def release(self) -> bool:
        """Give back the memory of all taken frames; True if the producer has to be woken.

        Raises
        ------
        BufferError
            While a view of a frame lives.
        """

    def wait(self, timeout_s: float) -> bool:
        """Yield until there is a frame (or an error to raise); False if time is over or drained."""

    def fall_asleep(self) -> bool:
        """Say that we sleep; False if there is a frame, or nobody would wake us."""

    def wake_up(self) -> None: ...
    def declare_producer_dead(self) -> None: ...
    def close(self) -> bool:
        """Say that nothing more will be read; True if the producer has to be woken."""

class Frame:
    """A frame in the ring, a read-only buffer of its payload until the reader's release."""

    @property
    def kind(self) -> int: ...
    @property
    def attempt(self) -> int: ...
    @property
    def sequence(self) -> int: ...
    @property
    def argument(self) -> int: ...
    def retain(self) -> bytes:
        """Return a copy of the payload."""

    def __len__(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
