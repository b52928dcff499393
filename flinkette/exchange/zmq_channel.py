"""Channels between workers of different hosts, over a link that they share."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flinkette.contracts.errors import ExchangeError, WorkerLostError
from flinkette.exchange.channel import Receiver, Sender
from flinkette.exchange.element import EndOfInput
from flinkette.exchange.element_frames import ElementReader, ElementWriter
from flinkette.exchange.in_flight import InFlight
from flinkette.exchange.zmq_link import PAYLOAD_AT, RECEIVER_LEFT, SENDER_LEFT, new_message

if TYPE_CHECKING:
    from flinkette.exchange.element import Element
    from flinkette.exchange.zmq_link import ZmqLink

__all__ = ["ZmqReceiver", "ZmqSender"]

WINDOW_BYTES = 1 << 20
"""Bytes on their way in one channel, at most; a frame has at most a quarter of it."""


class _ZmqFrames:
    """Messages of one channel as the element writer sees them: room is what was granted.

    Of that as much is used as its receiver is fast, as `InFlight` says.
    """

    def __init__(self, link: ZmqLink, channel: int, window_bytes: int) -> None:
        self._link = link
        self._channel = channel
        self._message = bytearray()
        self._sent_bytes = 0
        self._window_bytes = window_bytes
        self._in_flight = InFlight(window_bytes)
        self.max_payload_bytes = window_bytes // 4 - PAYLOAD_AT

    @property
    def wanted_payload_bytes(self) -> int:
        return min(self.max_payload_bytes, self._in_flight.frame_bytes)

    def has_room_for(self, payload_bytes: int) -> bool:
        """Tell whether the receiver has granted so much more and is fast enough for it."""
        after = self._sent_bytes + PAYLOAD_AT + payload_bytes
        granted = self._link.credit(self._channel)
        taken = granted - self._window_bytes
        window = self._in_flight.window_bytes
        return after <= granted and (self._sent_bytes == taken or after - taken <= window)

    def reserve(self, payload_bytes: int) -> memoryview | None:
        if not self.has_room_for(payload_bytes):
            taken = self._link.credit(self._channel) - self._window_bytes
            self._in_flight.on_full(time.monotonic_ns(), max(0, taken))
            if not self.has_room_for(payload_bytes):
                return None
        self._message = new_message(payload_bytes)
        return memoryview(self._message)[PAYLOAD_AT:]

    def publish(self, kind: int, argument: int = 0) -> bool:
        message, self._message = self._message, bytearray()
        self._sent_bytes += len(message)
        self._link.send(self._channel, kind, argument, message)
        return False

    def rest(self) -> None:
        """Everything found room."""
        self._in_flight.on_room()


class ZmqSender(Sender):
    """The producer's end; what finds no credit stays pending here, at most one element.

    Parameters
    ----------
    link
        The connection to the receiver's worker.
    channel
        Number of the channel, the same at both ends.
    window_bytes
        As the receiver's.
    """

    def __init__(self, link: ZmqLink, channel: int, window_bytes: int = WINDOW_BYTES) -> None:
        self._link = link
        self._channel = channel
        self._frames = _ZmqFrames(link, channel, window_bytes)
        self._elements = ElementWriter(self._frames)
        self._has_ended = False
        self._is_closed = False

    @property
    def sent_bytes(self) -> int:
        """Bytes of the frames it wrote."""
        return self._elements.written_bytes

    def has_room(self) -> bool:
        """Move on what is pending; True: `put` may be called.

        Raises
        ------
        WorkerLostError
            The receiver's worker is gone, or left before the end of input.
        ExchangeError
            It sent nonsense.
        """
        self._link.pump()
        has_all = self._has_ended and not self._elements.has_pending
        if not has_all and (self._link.is_lost or self._link.has_receiver_left(self._channel)):
            what = self._link.loss if self._link.is_lost else "closed the channel"
            raise WorkerLostError(
                f"channel {self._channel}: the worker that receives {what} before it had "
                "everything; see its log"
            )
        if not self._elements.has_pending:
            return True
        if self._elements.resume():
            self._frames.rest()
            return True
        return False

    def put(self, element: Element) -> None:
        """Send an element as far as there is credit.

        Raises
        ------
        RowConversionError
            A row cannot be pickled.
        WorkerLostError
            The receiver's worker is gone.
        """
        self._has_ended = isinstance(element, EndOfInput)
        self._elements.write(element)

    @property
    def has_pending(self) -> bool:
        """Whether a part of the last element waits for credit, which `has_room` moves on."""
        return self._elements.has_pending

    def fall_asleep(self) -> bool:
        """Before parking on the link's descriptors; False: there is room, or news, now."""
        self._link.pump()
        return (
            self._elements.has_pending
            and not self._link.is_lost
            and not self._link.has_receiver_left(self._channel)
            and not self._frames.has_room_for(self._elements.needed_bytes)
        )

    def wake_up(self) -> None:
        """Nothing to take back: the link's descriptors wake whoever waits for them."""

    def close(self) -> None:
        """Give up this end. A receiver that has not got `EndOfInput` by then sees an error."""
        if not self._is_closed:
            self._is_closed = True
            self._link.leave(self._channel, SENDER_LEFT)


class ZmqReceiver(Receiver):
    """The consumer's end. Batches have memory of their own; nothing is lent.

    Parameters
    ----------
    link
        The connection to the sender's worker.
    channel
        Number of the channel, the same at both ends.
    window_bytes
        Bytes that may be on their way or wait here.
    """

    def __init__(self, link: ZmqLink, channel: int, window_bytes: int = WINDOW_BYTES) -> None:
        self._link = link
        self._channel = channel
        self._inbox = link.add_receiver(channel, window_bytes)
        self._elements = ElementReader(is_lent=False)
        self._has_ended = False
        self._is_closed = False

    @property
    def received_bytes(self) -> int:
        """Bytes of the frames it read."""
        return self._elements.read_bytes

    def is_empty(self) -> bool:
        """Tell whether `poll` would return None (or a frame that completes nothing)."""
        if self._has_ended or self._inbox.frames:
            return self._has_ended
        try:
            self._link.pump()
        except (ExchangeError, WorkerLostError):
            return False
        return not self._inbox.frames and not self._has_lost_sender()

    def poll(self) -> Element | None:
        """Take the oldest element, or None.

        Raises
        ------
        WorkerLostError
            The sender's worker is gone, or left before the end of input.
        ExchangeError
            What it sent is malformed, or rows cannot be read back.
        """
        while not self._has_ended:
            if not self._inbox.frames:
                self._link.pump()
            if not self._inbox.frames:
                if self._has_lost_sender():
                    raise self._lost()
                # the sender hears of all that was taken: it may use but a part of the window
                self._link.grant(self._channel, is_empty=True)
                return None
            element = self._read(*self._inbox.take())
            self._link.grant(self._channel)
            if element is not None:
                self._has_ended = isinstance(element, EndOfInput)
                return element
        return None

    def fall_asleep(self) -> bool:
        """Before parking on the link's descriptors; False: something is there."""
        return self.is_empty()

    def wake_up(self) -> None:
        """Nothing to take back: the link's descriptors wake whoever waits for them."""

    def close(self) -> None:
        """Give up this end; what was not polled is dropped."""
        if not self._is_closed:
            self._is_closed = True
            self._link.leave(self._channel, RECEIVER_LEFT)

    def _read(self, kind: int, argument: int, payload: memoryview) -> Element | None:
        try:
            return self._elements.read(kind, argument, payload)
        except Exception as error:
            raise ExchangeError(
                f"channel {self._channel}: a frame of kind {kind} and {len(payload)} bytes: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _has_lost_sender(self) -> bool:
        return self._link.is_lost or self._inbox.has_sender_left

    def _lost(self) -> WorkerLostError:
        what = "closed the channel" if self._inbox.has_sender_left else self._link.loss
        return WorkerLostError(
            f"channel {self._channel}: the worker that sends {what} before the end of input; "
            "see its log"
        )
