"""One connection between two workers of different hosts; all channels between them share it.

Format: docs/spec/zmq_frames.md. ZeroMQ is loaded when a link is opened. Nothing is sent again and
nothing reconnects: what is lost, repeated or cut off fails the attempt (contract 28).
"""

from __future__ import annotations

import hmac
import struct
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import ExchangeError, WorkerLostError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CurveKeys", "Inbox", "ZmqLink", "open_link"]

CHANNEL = struct.Struct("<q24x")
HEADER = struct.Struct("<IBBHIIQq")
PAYLOAD_AT = CHANNEL.size + HEADER.size
VERSION = 1

CREDIT = 32
HELLO = 33
SENDER_LEFT = 34
RECEIVER_LEFT = 35
LINK_CHANNEL = -1

HEARTBEAT_MS = 2_000
SILENCE_MS = 10_000
LINGER_MS = 5_000


@dataclass(frozen=True)
class CurveKeys:
    """Keys of CURVE, as 40 characters of Z85."""

    public: bytes
    secret: bytes
    server_public: bytes
    """Public key of the side that binds."""
    domain: str = ""
    """What the authenticator knows the allowed keys of the side that binds by."""


class Inbox:
    """What has come for one receiver and was not polled; and what may still come."""

    def __init__(self, window_bytes: int) -> None:
        self.frames: deque[tuple[int, int, memoryview]] = deque()
        self.window_bytes = window_bytes
        self.granted_bytes = 0
        self.received_bytes = 0
        self.taken_bytes = 0
        self.has_sender_left = False

    def add(self, kind: int, argument: int, payload: memoryview) -> None:
        """Append a frame; ExchangeError if nobody granted the room for it."""
        self.received_bytes += PAYLOAD_AT + len(payload)
        if self.received_bytes > self.granted_bytes:
            raise ExchangeError(
                f"{self.received_bytes} bytes came where {self.granted_bytes} were granted"
            )
        self.frames.append((kind, argument, payload))

    def take(self) -> tuple[int, int, memoryview]:
        """Remove and return the oldest frame."""
        frame = self.frames.popleft()
        self.taken_bytes += PAYLOAD_AT + len(frame[2])
        return frame

    def next_grant(self, *, is_empty: bool = False) -> int | None:
        """Cumulative bytes to grant now, or None: not before a quarter of the window is free.

        With nothing left to take any byte will do: the sender may use but a part of the window.
        """
        grant = self.taken_bytes + self.window_bytes
        least = 1 if is_empty else self.window_bytes // 4
        if self.granted_bytes and grant - self.granted_bytes < least:
            return None
        self.granted_bytes = grant
        return grant


class ZmqLink:
    """Both directions between two workers. Belongs to the slot's thread, never waits.

    Made by `open_link`. Park waits for `descriptors`; `pump` has to be called before.
    """

    def __init__(
        self, zmq: Any, socket: Any, monitor: Any, attempt: int, token: bytes, *, is_server: bool
    ) -> None:
        self._zmq = zmq
        self._socket = socket
        self._monitor = monitor
        self._attempt = attempt
        self._token = token
        self._is_server = is_server
        self._inboxes: dict[int, Inbox] = {}
        self._credits: dict[int, int] = {}
        self._receivers_gone: set[int] = set()
        self._sent: dict[tuple[int, bool], int] = {}
        self._expected: dict[tuple[int, bool], int] = {}
        self._failure: ExchangeError | WorkerLostError | None = None
        self.is_established = False
        self.is_lost = False
        """Whether the connection is gone, and everything that came before was taken in."""
        self.dropped_frames = 0
        """Frames passed over because another attempt wrote them."""
        if not is_server:
            self._say_hello()

    def _say_hello(self) -> None:
        try:
            self.send(LINK_CHANNEL, HELLO, VERSION, new_message(len(self._token), self._token))
        except WorkerLostError:
            # refused before it was said: the connection is lost as if that had come a moment later
            self._failure = None
            self.is_lost = True

    @property
    def address(self) -> str:
        """Where the side that bound listens, with the port the system chose."""
        address: str = self._socket.get_string(self._zmq.LAST_ENDPOINT)
        return address

    @property
    def loss(self) -> str:
        """What to tell of a connection that `is_lost`."""
        if self.is_established or self._is_server:
            return "is gone"
        return (
            f"is gone, or was not there ({self.address} must be reachable from this machine, see "
            "taskmanager.host)"
        )

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Readable when `pump` may have something to do; only after it had nothing left."""
        return self._socket.getsockopt(self._zmq.FD), self._monitor.getsockopt(self._zmq.FD)

    def add_receiver(self, channel: int, window_bytes: int) -> Inbox:
        """Take in frames of a channel from now on.

        Raises
        ------
        ValueError
            The channel has a receiver.
        """
        if channel in self._inboxes:
            raise ValueError(f"channel {channel} has a receiver on this link")
        inbox = self._inboxes[channel] = Inbox(window_bytes)
        if self.is_established:
            self.grant(channel)
        return inbox

    def grant(self, channel: int, *, is_empty: bool = False) -> None:
        """Tell the sender how much it may send, if that is worth a message.

        `is_empty`: the receiver has taken all there is.
        """
        if not self.is_established or self.is_lost:
            return
        grant = self._inboxes[channel].next_grant(is_empty=is_empty)
        if grant is not None:
            self.send(channel, CREDIT, grant, new_message(0))

    def credit(self, channel: int) -> int:
        """Bytes the receiver of a channel has granted, ever."""
        return self._credits.get(channel, 0)

    def has_receiver_left(self, channel: int) -> bool:
        """Tell whether the receiver of a channel said that it takes nothing more."""
        return channel in self._receivers_gone

    def leave(self, channel: int, kind: int) -> None:
        """Say that this side's end of a channel is closed."""
        if self.is_established and not self.is_lost and self._failure is None:
            with suppress(WorkerLostError):
                self.send(channel, kind, 0, new_message(0))

    def send(self, channel: int, kind: int, argument: int, message: bytearray) -> None:
        """Send a message made by `new_message`, whose payload was filled in.

        Raises
        ------
        WorkerLostError
            Nobody is there to take it.
        """
        line = (channel, kind == CREDIT)
        sequence = self._sent.get(line, 0)
        self._sent[line] = sequence + 1
        CHANNEL.pack_into(message, 0, channel)
        length = len(message) - CHANNEL.size
        HEADER.pack_into(
            message, CHANNEL.size, length, kind, 0, 0, self._attempt, 0, sequence, argument
        )
        try:
            # without a copy pyzmq would start a thread to free messages
            self._socket.send(message, self._zmq.DONTWAIT)
        except self._zmq.ZMQError as error:
            self._failure = WorkerLostError(
                f"channel {channel}: cannot send to the worker at {self.address}: {error}"
            )
            raise self._failure from error

    def pump(self) -> None:
        """Take in everything that has come.

        Raises
        ------
        ExchangeError
            Something malformed came, a gap, a repetition, or more than was granted.
        WorkerLostError
            Something could not be sent.
        """
        if self._failure is not None:
            raise self._failure
        if self.is_lost:
            return
        has_disconnected = self._has_disconnected()
        try:
            while True:
                try:
                    message = self._socket.recv(self._zmq.DONTWAIT, copy=False)
                except self._zmq.Again:
                    break
                self._take(bytearray(message.buffer))
        except ExchangeError as error:
            self._failure = error
            raise
        self.is_lost = has_disconnected

    def close(self, linger_ms: int = LINGER_MS) -> None:
        """Close the connection; what was sent is still delivered for up to `linger_ms`."""
        self.is_lost = True
        if self._socket.closed:
            return
        self._socket.disable_monitor()
        self._monitor.close(0)
        self._socket.close(linger_ms)

    def _has_disconnected(self) -> bool:
        has_disconnected = False
        while self._monitor.getsockopt(self._zmq.EVENTS) & self._zmq.POLLIN:
            self._monitor.recv_multipart(self._zmq.DONTWAIT)
            # whoever connects has one try; whoever binds may be asked by strangers before
            has_disconnected |= self.is_established or not self._is_server
        return has_disconnected

    def _take(self, message: bytearray) -> None:
        if len(message) < PAYLOAD_AT:
            raise ExchangeError(f"a message of {len(message)} bytes; {PAYLOAD_AT} are its header")
        (channel,) = CHANNEL.unpack_from(message)
        length, kind, flags, zero, attempt, _, sequence, argument = HEADER.unpack_from(
            message, CHANNEL.size
        )
        if length != len(message) - CHANNEL.size or flags or zero:
            raise ExchangeError(f"channel {channel}: a frame of {length} bytes, flags {flags}")
        if attempt != self._attempt:
            self.dropped_frames += 1
            return
        if self.is_established == (kind == HELLO):
            raise ExchangeError(f"channel {channel}: kind {kind} out of turn in the handshake")
        line = (channel, kind == CREDIT)
        expected = self._expected.get(line, 0)
        if sequence != expected:
            what = "is missing" if sequence > expected else "came again"
            raise ExchangeError(
                f"channel {channel}: frame {min(sequence, expected)} {what} (kind {kind})"
            )
        self._expected[line] = expected + 1
        self._dispatch(channel, kind, argument, memoryview(message)[PAYLOAD_AT:])

    def _dispatch(self, channel: int, kind: int, argument: int, payload: memoryview) -> None:
        if kind == HELLO:
            self._establish(argument, payload)
        elif kind == CREDIT:
            if argument < self.credit(channel):
                raise ExchangeError(f"channel {channel}: credit fell to {argument}")
            self._credits[channel] = argument
        elif kind == RECEIVER_LEFT:
            self._receivers_gone.add(channel)
        elif channel not in self._inboxes:
            raise ExchangeError(f"channel {channel}: kind {kind}, but nobody receives it here")
        elif kind == SENDER_LEFT:
            self._inboxes[channel].has_sender_left = True
        else:
            try:
                self._inboxes[channel].add(kind, argument, payload)
            except ExchangeError as error:
                raise ExchangeError(f"channel {channel}: {error}") from None

    def _establish(self, version: int, token: memoryview) -> None:
        if version != VERSION or not hmac.compare_digest(bytes(token), self._token):
            raise ExchangeError(
                f"the other worker speaks version {version} (here {VERSION}), or is of another job"
            )
        self.is_established = True
        if self._is_server:
            message = new_message(len(self._token), self._token)
            self.send(LINK_CHANNEL, HELLO, VERSION, message)
        for channel in self._inboxes:
            self.grant(channel)


def new_message(payload_bytes: int, payload: bytes = b"") -> bytearray:
    """Make a message with room for a payload."""
    message = bytearray(PAYLOAD_AT + payload_bytes)
    message[PAYLOAD_AT : PAYLOAD_AT + len(payload)] = payload
    return message


def open_link(
    address: str,
    *,
    context: Any,
    attempt: int,
    token: bytes,
    is_server: bool,
    keys: CurveKeys | None = None,
) -> ZmqLink:
    """Open one side of a link; nothing waits for the other side.

    Parameters
    ----------
    address
        `tcp://…` or `ipc://…`; to bind to (a port `*` is chosen) or to connect to.
    context
        A `zmq.Context` made in this process.
    attempt
        Of the job; frames of other attempts are passed over.
    token
        Secret of the job; both sides need the same.
    is_server
        Whether this side binds.
    keys
        Keys of CURVE; None: the connection is not encrypted.
    """
    zmq: Any = import_module("zmq")
    socket = context.socket(zmq.PAIR)
    options: list[tuple[int, Any]] = [
        (zmq.SNDHWM, 0),
        (zmq.RCVHWM, 0),
        (zmq.IPV6, 1),
        (zmq.RECONNECT_IVL, -1),
        (zmq.CONNECT_TIMEOUT, SILENCE_MS),
        (zmq.HEARTBEAT_IVL, HEARTBEAT_MS),
        (zmq.HEARTBEAT_TIMEOUT, SILENCE_MS),
        (zmq.LINGER, LINGER_MS),
    ]
    if keys is not None:
        options += [(zmq.CURVE_PUBLICKEY, keys.public), (zmq.CURVE_SECRETKEY, keys.secret)]
        options.append(
            (zmq.CURVE_SERVER, 1) if is_server else (zmq.CURVE_SERVERKEY, keys.server_public)
        )
        if is_server and keys.domain:
            options.append((zmq.ZAP_DOMAIN, keys.domain.encode()))
    for option, value in options:
        socket.setsockopt(option, value)
    ends = zmq.EVENT_DISCONNECTED
    if not is_server:
        ends |= zmq.EVENT_CLOSED | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
        ends |= zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    monitor = socket.get_monitor_socket(ends)
    step: Callable[[str], Any] = socket.bind if is_server else socket.connect
    step(address)
    return ZmqLink(zmq, socket, monitor, attempt, token, is_server=is_server)
