"""Messages between processes of a cluster over ZeroMQ: told, or asked and answered.

    frames:  [ "FLK" version ]  [ header: msgpack ]  [ body: msgpack, a struct of the endpoint ]

A `Server` (`rpc_server`) binds, `Client`s (`rpc_client`) connect. Nothing waits but `receive` and
`ask`. Every message has the next number of its direction: after a reconnect the numbers do not fit,
which the receiver sees (`Received.is_in_order`), so that nothing can be lost unseen. Reconnecting
is for control messages only. Loopback and Unix sockets need no keys; a server that others can reach
does not start without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec
import zmq

from flinkette.contracts.errors import ClusterError

__all__ = [
    "LINGER_MS",
    "MAX_MESSAGE_BYTES",
    "PROTOCOL_VERSION",
    "QUEUED_MESSAGES",
    "Codec",
    "Flow",
    "Header",
    "Numbers",
    "Received",
    "WrongVersionError",
    "configure",
    "whole_ms",
]

PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 64 << 20
"""Of one message; a larger one is not sent, and ends the connection of who sends it."""
QUEUED_MESSAGES = 10_000
LINGER_MS = 1_000

_PREFIX = b"FLK"


class Flow(IntEnum):
    """What a message is."""

    TELL = 0
    ASK = 1
    ANSWER = 2
    REFUSAL = 3


class Header(msgspec.Struct, array_like=True, frozen=True):
    """What stands before each message.

    Attributes
    ----------
    flow : Flow
        Told, asked, answered, or refused.
    sequence : int
        Number in its direction of this connection, from 0.
    call : int
        Which question this is or answers; 0 for what is told.
    patience_ms : int
        How long the asker waits.
    """

    flow: Flow
    sequence: int
    call: int = 0
    patience_ms: int = 0


@dataclass(frozen=True)
class Received:
    """One message.

    Attributes
    ----------
    peer : bytes
        Connection it came from; a reconnect is another one.
    message : object
        One of the endpoint's structs.
    is_in_order : bool
        Whether nothing is missing before it.
    call : int
        What to answer; 0: no answer is wanted.
    answer_by_s : float
        Monotonic time after which nobody waits for the answer.
    """

    peer: bytes
    message: Any
    is_in_order: bool = True
    call: int = 0
    answer_by_s: float = 0.0


class Codec:
    """Frames from messages and messages from frames."""

    def __init__(self, types: Any, max_bytes: int) -> None:
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(types).decode
        self._decode_header = msgspec.msgpack.Decoder(Header).decode
        self._prefix = _PREFIX + bytes([PROTOCOL_VERSION])
        self._max_bytes = max_bytes

    def frames(self, header: Header, message: Any) -> list[bytes]:
        """Encode a message; raises ClusterError if it is too large."""
        body = message.encode() if isinstance(message, str) else self._encode(message)
        if len(body) > self._max_bytes:
            raise ClusterError(
                f"{type(message).__name__} has {len(body)} bytes; a message has at most "
                f"{self._max_bytes}. Read large data in the job from files, not from the program."
            )
        return [self._prefix, self._encode(header), body]

    def read(self, frames: list[bytes]) -> tuple[Header, Any]:
        """Decode frames; raises ValueError if they are none of ours."""
        if len(frames) != 3 or len(frames[0]) != 4 or not frames[0].startswith(_PREFIX):
            raise ValueError("these bytes are no message of flinkette")
        version = frames[0][3]
        if version != PROTOCOL_VERSION:
            raise WrongVersionError(version)
        header = self._decode_header(frames[1])
        if header.flow == Flow.REFUSAL:
            return header, frames[2].decode()
        return header, self._decode(frames[2])


class WrongVersionError(ValueError):
    """A message of another protocol version."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"the other side speaks protocol version {version}, this one {PROTOCOL_VERSION}; "
            "install the same release of flinkette on all machines"
        )


@dataclass
class Numbers:
    """How many messages of a connection went out and came in."""

    next_out: int = 0
    next_in: int = 0


def configure(socket: zmq.Socket[bytes], max_bytes: int) -> None:
    """Set what all sockets of ours have."""
    socket.setsockopt(zmq.MAXMSGSIZE, max_bytes)
    socket.setsockopt(zmq.SNDHWM, QUEUED_MESSAGES)
    socket.setsockopt(zmq.RCVHWM, QUEUED_MESSAGES)
    socket.setsockopt(zmq.IPV6, 1)
    # a peer whose machine went away without a word
    socket.setsockopt(zmq.HEARTBEAT_IVL, 5_000)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 20_000)
    socket.setsockopt(zmq.HANDSHAKE_IVL, 5_000)


def whole_ms(timeout_s: float) -> int:
    """Return a time in ms that is not shorter."""
    return max(0, int(timeout_s * 1000 + 0.999))
