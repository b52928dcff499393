"""Channels between two workers of one host: a ring in shared memory, an end in each process.

The ends know nothing of how the other worker is woken: whoever makes them gives a function that
rings its doorbell. docs/decisions/0005-elements-in-rings.md says what travels how.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakValueDictionary

from flinkette._native.peer_watch import PeerWatch
from flinkette._native.ring import RingReader, RingWriter
from flinkette.contracts.errors import ExchangeError, WorkerLostError
from flinkette.exchange.channel import Receiver, Sender
from flinkette.exchange.element import EndOfInput
from flinkette.exchange.element_frames import ElementReader, ElementWriter
from flinkette.exchange.in_flight import InFlight

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette._native.ring import Frame
    from flinkette._native.shared_memory import SharedMemory
    from flinkette.exchange.element import Element

__all__ = ["RingReceiver", "RingSender", "ring_channel_bytes"]

MIN_BYTES = 64 << 10
MAX_BYTES = 1 << 20
HEADER_BYTES = 4096
LOOK_EVERY_S = 0.1


def ring_channel_bytes(num_channels: int, budget_bytes: int) -> int:
    """Return the capacity of each ring: what the budget allows, within what rings can have.

    Parameters
    ----------
    num_channels : int
        Rings on the host (>= 1).
    budget_bytes : int
        Shared memory for all of them. Many channels may need more: a ring has 64 KiB at least.
    """
    share = budget_bytes // max(1, num_channels) - HEADER_BYTES
    capacity = MAX_BYTES
    while capacity > MIN_BYTES and capacity > share:
        capacity //= 2
    return capacity


class _RingFrames:
    """The ring as the element writer sees it: what the consumer did wrong is no ValueError.

    It is as large as its consumer is fast: `InFlight` says how much of it may be used.
    """

    def __init__(self, ring: RingWriter) -> None:
        self._ring = ring
        self.max_payload_bytes = ring.max_payload_bytes
        self._in_flight = InFlight(ring.capacity_bytes)
        self.publish = ring.publish

    @property
    def wanted_payload_bytes(self) -> int:
        return min(self.max_payload_bytes, self._in_flight.frame_bytes)

    def reserve(self, payload_bytes: int) -> memoryview | None:
        try:
            view = self._ring.reserve(payload_bytes)
            if view is None and self._in_flight.on_full(
                time.monotonic_ns(), self._ring.returned_bytes
            ):
                self._ring.limit(self._in_flight.window_bytes)
                view = self._ring.reserve(payload_bytes)
        except ValueError as error:
            raise ExchangeError(str(error)) from error
        return view

    def rest(self) -> None:
        """Everything found room."""
        self._in_flight.on_room()


class RingSender(Sender):
    """The producer's end; what finds no room stays pending here, at most one element.

    Parameters
    ----------
    memory
        Memory of a ring that has had no producer; mapped as long as this end exists.
    ring_doorbell
        Wakes the worker at the other end. Called only when it sleeps.
    """

    def __init__(self, memory: SharedMemory, ring_doorbell: Callable[[], None]) -> None:
        self._ring = RingWriter(memory)
        self._frames = _RingFrames(self._ring)
        self._elements = ElementWriter(self._frames)
        self._ring_doorbell = ring_doorbell
        self._peer = _Peer()
        self._has_ended = False

    @property
    def sent_bytes(self) -> int:
        """Bytes of the frames it wrote."""
        return self._elements.written_bytes

    def has_room(self) -> bool:
        """Move on what is pending; True: `put` may be called.

        Raises
        ------
        WorkerLostError
            The receiver died, or left before the end of input.
        ExchangeError
            The receiver wrote nonsense.
        """
        self._check_consumer()
        if self._elements.has_pending:
            try:
                if not self._elements.resume():
                    return False
                self._frames.rest()
            finally:
                self._wake_consumer()
        return True

    def put(self, element: Element) -> None:
        """Publish an element as far as there is room.

        Raises
        ------
        RowConversionError
            A row cannot be pickled.
        ExchangeError
            The receiver wrote nonsense.
        """
        self._has_ended = isinstance(element, EndOfInput)
        try:
            self._elements.write(element)
        finally:
            self._wake_consumer()

    @property
    def has_pending(self) -> bool:
        """Whether a part of the last element waits for room, which `has_room` moves on."""
        return self._elements.has_pending

    def fall_asleep(self) -> bool:
        """Before parking: ask to be woken when there is room; False: there is room now.

        Also False when the receiver is gone, which `has_room` then says.
        """
        if not self._elements.has_pending:
            return False
        if not self._peer.is_alive(self._ring.consumer_process):
            self._ring.declare_consumer_dead()
        return self._ring.fall_asleep(self._elements.needed_bytes)

    def wake_up(self) -> None:
        """After parking: take back what `fall_asleep` asked for."""
        self._ring.wake_up()

    def close(self) -> None:
        """Give up this end. A receiver that has not got `EndOfInput` by then sees an error."""
        if self._ring.close():
            self._ring_doorbell()

    def _wake_consumer(self) -> None:
        if self._elements.must_wake:
            self._elements.must_wake = False
            self._ring_doorbell()

    def _check_consumer(self) -> None:
        ring = self._ring
        side = ring.consumer
        has_all = self._has_ended and not self._elements.has_pending
        if side == "dead" or (side == "closed" and not has_all):
            raise WorkerLostError(
                f"channel {ring.channel}: {_process(ring.consumer_process)} that receives "
                f"{_what_happened(side)} before it had everything; see its log"
            )


class RingReceiver(Receiver):
    """The consumer's end. Batches of columns are views of the ring while a step lasts.

    Their memory goes back at the first `poll` or `fall_asleep` at which nobody holds a view of it;
    whoever keeps a batch longer keeps `flinkette._native.lent.retain` of it.

    Parameters
    ----------
    memory
        Memory of a ring that has had no consumer; mapped as long as this end, or a view, exists.
    ring_doorbell
        Wakes the worker at the other end. Called only when it sleeps.
    """

    def __init__(self, memory: SharedMemory, ring_doorbell: Callable[[], None]) -> None:
        self._ring = RingReader(memory)
        self._elements = ElementReader(is_lent=True)
        self._ring_doorbell = ring_doorbell
        self._peer = _Peer()
        self._has_ended = False
        self._broken: ExchangeError | None = None

    @property
    def held_bytes(self) -> int:
        """Bytes of the ring that were taken and not given back yet."""
        return self._ring.held_bytes

    @property
    def received_bytes(self) -> int:
        """Bytes of the frames it read."""
        return self._elements.read_bytes

    def is_empty(self) -> bool:
        """Tell whether `poll` would return None (or a frame that completes nothing)."""
        if self._has_ended:
            return True
        try:
            return self._ring.peek() is None and not self._ring.is_drained
        except ValueError as error:
            if self._broken is None:
                text = str(error)
                prefix = "" if text.startswith("channel ") else f"channel {self._ring.channel}: "
                self._broken = ExchangeError(f"{prefix}{text}")
            return False

    def poll(self) -> Element | None:
        """Take the oldest element, or None.

        Raises
        ------
        WorkerLostError
            The sender died, or left before the end of input.
        ExchangeError
            What it wrote is malformed, or rows cannot be read back.
        """
        self._give_back()
        while not self._has_ended:
            if self.is_empty():
                return None
            if self._broken is not None:
                raise self._broken
            frame = self._ring.take()
            if frame is None:
                raise self._lost()
            element = self._read(frame)
            if element is not None:
                self._has_ended = isinstance(element, EndOfInput)
                return element
            if self._elements.is_joining:  # one row may be more than the ring holds
                self._give_back()
        return None

    def fall_asleep(self) -> bool:
        """Before parking: ask to be woken when something comes; False: something is there.

        Also False when the sender is gone, which `poll` then says.
        """
        self._give_back()
        if self._has_ended:
            return True
        if not self._peer.is_alive(self._ring.producer_process):
            self._ring.declare_producer_dead()
        return self._ring.fall_asleep()

    def wake_up(self) -> None:
        """After parking: take back what `fall_asleep` asked for."""
        self._ring.wake_up()

    def close(self) -> None:
        """Give up this end; what was not polled is dropped."""
        if self._ring.close():
            self._ring_doorbell()

    def _read(self, frame: Frame) -> Element | None:
        try:
            return self._elements.read(frame.kind, frame.argument, frame)
        except Exception as error:
            raise ExchangeError(
                f"channel {self._ring.channel}: frame {frame.sequence} of kind {frame.kind} and "
                f"{len(frame)} bytes: {type(error).__name__}: {error}"
            ) from error

    def _give_back(self) -> None:
        """Give back the memory of what was taken, unless somebody holds a view of it."""
        if self._ring.held_bytes:
            with suppress(BufferError):
                if self._ring.release():
                    self._ring_doorbell()

    def _lost(self) -> WorkerLostError:
        ring = self._ring
        return WorkerLostError(
            f"channel {ring.channel}: {_process(ring.producer_process)} that sends "
            f"{_what_happened(ring.producer)} before the end of input; see its log"
        )


class _Peer:
    """Whether the process at the other end lives; asked rarely, and once for all its channels."""

    _watches: ClassVar[WeakValueDictionary[int, PeerWatch]] = WeakValueDictionary()

    def __init__(self) -> None:
        self._watch: PeerWatch | None = None
        self._next_look_s = 0.0

    def is_alive(self, process_id: int) -> bool:
        """Look again if the last look was a while ago; a process that is not there yet lives."""
        now_s = time.monotonic()
        if process_id == 0 or now_s < self._next_look_s:
            return True
        self._next_look_s = now_s + LOOK_EVERY_S
        if self._watch is None:
            self._watch = self._watches.get(process_id)
            if self._watch is None:
                self._watch = self._watches[process_id] = PeerWatch(process_id)
        return self._watch.is_alive()


def _process(process_id: int) -> str:
    return f"worker process {process_id}" if process_id else "the worker process"


def _what_happened(side: str) -> str:
    return "died" if side == "dead" else "closed the channel"
