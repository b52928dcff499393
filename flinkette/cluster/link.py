"""Messages with descriptors between two processes of one host, over a pair of Unix sockets."""

from __future__ import annotations

import os
import select
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Link", "LinkClosedError", "link_pair", "wait_for"]

HEADER = struct.Struct("<II")
"""Bytes of the message, descriptors that come with it."""
MAX_MESSAGE_BYTES = 1 << 28
MAX_DESCRIPTORS = 200
"""With one message; the system allows 253."""
READ_BYTES = 1 << 16

T = TypeVar("T")


class LinkClosedError(ConnectionError):
    """The process at the other end has closed its end, or is gone."""


def link_pair() -> tuple[socket.socket, socket.socket]:
    """Make the two ends of a link."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


class Link(Generic[T]):
    """One end: `send` never waits, `receive` returns what is there. One thread at a time.

    Parameters
    ----------
    end : socket.socket
        One end of a pair; the link owns it.
    types : type
        Union of the structs that come from the other end.
    """

    def __init__(self, end: socket.socket, types: type[T] | object) -> None:
        end.setblocking(False)
        self._socket = end
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(types)
        self._encoder = msgspec.msgpack.Encoder()
        self._unsent: deque[tuple[memoryview, tuple[int, ...]]] = deque()
        self._received = bytearray()
        self._descriptors: deque[int] = deque()
        self.unsent_bytes = 0

    def fileno(self) -> int:
        """Descriptor that is readable when a message may be there."""
        return self._socket.fileno()

    def send(self, message: msgspec.Struct, descriptors: Sequence[int] = ()) -> None:
        """Send a message; what the socket does not take at once goes with the next `flush`.

        The descriptors are duplicated and stay the caller's.

        Raises
        ------
        LinkClosedError
            If the other end is gone.
        """
        if len(descriptors) > MAX_DESCRIPTORS:
            raise ValueError(f"{len(descriptors)} descriptors do not fit one message")
        body = self._encoder.encode(message)
        header = HEADER.pack(len(body), len(descriptors))
        owned = tuple(os.dup(descriptor) for descriptor in descriptors)
        self._unsent.append((memoryview(header + body), owned))
        self.unsent_bytes += len(header) + len(body)
        self.flush()

    def flush(self) -> bool:
        """Send what waits; False if the socket takes no more now."""
        while self._unsent:
            data, descriptors = self._unsent[0]
            try:
                if descriptors:
                    sent = socket.send_fds(self._socket, [data], descriptors)
                else:
                    sent = self._socket.send(data)
            except BlockingIOError:
                return False
            except OSError as error:
                raise LinkClosedError(f"the other end of the link is gone: {error}") from error
            self.unsent_bytes -= sent
            _close_all(descriptors)
            if sent == len(data):
                self._unsent.popleft()
            else:
                self._unsent[0] = (data[sent:], ())
        return True

    def receive(self) -> list[tuple[T, list[int]]]:
        """Return the messages that are there, each with its descriptors, which are the caller's.

        Raises
        ------
        LinkClosedError
            If the other end is gone and nothing is left to read.
        """
        is_closed = not self._read()
        messages = []
        while (message := self._next_message()) is not None:
            messages.append(message)
        if is_closed and not messages:
            raise LinkClosedError("the other end of the link was closed")
        return messages

    def wait(self, timeout_s: float, *, until_sent: bool = False) -> None:
        """Wait for a message, or for room in the socket."""
        wait_for([(self, until_sent)], timeout_s)

    def close(self) -> None:
        """Close this end and what came and was not taken."""
        self._socket.close()
        for _, descriptors in self._unsent:
            _close_all(descriptors)
        self._unsent.clear()
        _close_all(self._descriptors)
        self._descriptors.clear()

    def _read(self) -> bool:
        while True:
            try:
                data, descriptors, flags, _ = socket.recv_fds(
                    self._socket, READ_BYTES, MAX_DESCRIPTORS + 53
                )
            except BlockingIOError:
                return True
            except OSError:
                return False
            self._descriptors.extend(descriptors)
            if flags & socket.MSG_CTRUNC:
                raise LinkClosedError(
                    "descriptors were lost on the way: too many files are open; raise `ulimit -n`"
                )
            if not data:
                return False
            self._received += data
            if len(data) < READ_BYTES and not descriptors:
                return True

    def _next_message(self) -> tuple[T, list[int]] | None:
        if len(self._received) < HEADER.size:
            return None
        length, num_descriptors = HEADER.unpack_from(self._received)
        if length > MAX_MESSAGE_BYTES or num_descriptors > MAX_DESCRIPTORS:
            raise LinkClosedError(f"a message of {length} bytes came: the link is out of step")
        end = HEADER.size + length
        if len(self._received) < end:
            return None
        message = self._decoder.decode(memoryview(self._received)[HEADER.size : end])
        del self._received[:end]
        return message, [self._descriptors.popleft() for _ in range(num_descriptors)]


def wait_for(
    links: Iterable[tuple[Link[T], bool]], timeout_s: float, *, extra: Iterable[int] = ()
) -> None:
    """Wait until a link has a message, or (True beside it) room, or a descriptor is readable."""
    poller = select.poll()
    for descriptor in extra:
        poller.register(descriptor, select.POLLIN)
    for link, wants_room in links:
        poller.register(link.fileno(), select.POLLIN | (select.POLLOUT if wants_room else 0))
    poller.poll(max(0.0, timeout_s) * 1000)


def _close_all(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
