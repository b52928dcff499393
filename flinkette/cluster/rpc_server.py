"""The end of a control connection that binds; see `rpc`."""

from __future__ import annotations

import errno
import os
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import zmq

from flinkette.cluster.addresses import Address, parse_address
from flinkette.cluster.rpc import (
    LINGER_MS,
    MAX_MESSAGE_BYTES,
    QUEUED_MESSAGES,
    Codec,
    Flow,
    Header,
    Numbers,
    Received,
    WrongVersionError,
    configure,
    whole_ms,
)
from flinkette.contracts.errors import ClusterError, ConfigurationError

if TYPE_CHECKING:
    from flinkette.cluster.keys import Keys

__all__ = ["Server"]

KEPT_PEERS = 4_096


class Server:
    """Takes messages of many clients. One thread at a time.

    Parameters
    ----------
    address : Address
        Where to listen; port 0 takes a free one, see `address`.
    types : type
        Union of the structs that clients may send.
    keys : Keys, optional
        Needed where others than this machine can reach the address.
    max_bytes : int
        Largest message.

    Raises
    ------
    ConfigurationError
        If the address needs keys and there are none.
    ClusterError
        If it cannot be bound.
    """

    def __init__(
        self,
        address: Address,
        types: Any,
        keys: Keys | None = None,
        *,
        max_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        if keys is None and not address.is_local:
            raise ConfigurationError(
                f"{address} can be reached from other machines, and flinkette.security.keys is "
                "not set: whoever connects could run code here. Make keys with `flinkette cluster "
                "keygen` and set flinkette.security.keys to their folder on every machine, or "
                "listen on localhost"
            )
        self._codec = Codec(types, max_bytes)
        self._peers: OrderedDict[bytes, Numbers] = OrderedDict()
        self._context = zmq.Context()
        self._guard: Any = None
        self._socket = self._context.socket(zmq.ROUTER)
        self.rejected = 0
        """Messages that were none of ours."""
        try:
            configure(self._socket, max_bytes)
            self._socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
            if keys is not None:
                self._guard = _guarded(self._context, self._socket, keys)
            self.address = _bind(self._socket, address)
        except BaseException:
            self.close()
            raise
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)

    def watch(self, descriptor: int) -> None:
        """Have `receive` return early when a descriptor is readable."""
        self._poller.register(descriptor, zmq.POLLIN)

    def receive(self, timeout_s: float | None) -> list[Received]:
        """Wait for messages and return all that are there; None waits for ever."""
        self._poller.poll(None if timeout_s is None else whole_ms(timeout_s))
        received: list[Received] = []
        while len(received) < QUEUED_MESSAGES:
            try:
                peer, *frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            except zmq.ZMQError as error:
                if error.errno == errno.EINTR:
                    continue
                raise
            taken = self._take(peer, frames)
            if taken is not None:
                received.append(taken)
        return received

    def tell(self, peer: bytes, message: Any) -> bool:
        """Send a message; False if the connection is gone or takes no more."""
        return self._send(peer, Flow.TELL, 0, message)

    def answer(self, question: Received, message: Any) -> bool:
        """Answer a question, unless the asker has stopped waiting."""
        if not question.call or time.monotonic() > question.answer_by_s:
            return False
        return self._send(question.peer, Flow.ANSWER, question.call, message)

    def refuse(self, question: Received, reason: str) -> bool:
        """Answer a question with an error."""
        return bool(question.call) and self._send(
            question.peer, Flow.REFUSAL, question.call, reason
        )

    def close(self) -> None:
        """Send what waits for at most a second and close."""
        if self._guard is not None:
            self._guard.stop()
            self._guard = None
        self._socket.close(linger=LINGER_MS)
        self._context.term()

    def _take(self, peer: bytes, frames: list[bytes]) -> Received | None:
        known = self._known(peer)
        try:
            header, message = self._codec.read(frames)
        except WrongVersionError as error:
            self.rejected += 1
            self._send(peer, Flow.REFUSAL, 0, str(error))
            return None
        except ValueError:  # msgspec's errors, too
            self.rejected += 1
            return None
        is_in_order = header.sequence == known.next_in
        known.next_in = header.sequence + 1
        if header.flow not in (Flow.TELL, Flow.ASK):
            self.rejected += 1
            return None
        call = header.call if header.flow == Flow.ASK else 0
        answer_by_s = time.monotonic() + header.patience_ms / 1000
        return Received(peer, message, is_in_order, call, answer_by_s)

    def _send(self, peer: bytes, flow: Flow, call: int, message: Any) -> bool:
        known = self._known(peer)
        frames = self._codec.frames(Header(flow, known.next_out, call), message)
        try:
            self._socket.send_multipart([peer, *frames], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno in (errno.EHOSTUNREACH, errno.EAGAIN):
                self._peers.pop(peer, None)
                return False
            raise
        known.next_out += 1
        return True

    def _known(self, peer: bytes) -> Numbers:
        known = self._peers.setdefault(peer, Numbers())
        self._peers.move_to_end(peer)
        if len(self._peers) > KEPT_PEERS:
            self._peers.popitem(last=False)
        return known


def _guarded(context: zmq.Context[Any], socket: zmq.Socket[bytes], keys: Keys) -> Any:
    """Let in who has a key of the list; a thread answers, and ends with `stop`."""
    from zmq.auth.thread import ThreadAuthenticator

    guard = ThreadAuthenticator(context)
    guard.start()
    try:
        guard.configure_curve(domain="*", location=str(keys.allowed))
    except OSError as error:
        guard.stop()
        raise ConfigurationError(
            f"the public keys of who may connect cannot be read from {keys.allowed}: {error}"
        ) from error
    socket.curve_server = True
    socket.curve_publickey = keys.own.public
    socket.curve_secretkey = keys.own.secret
    return guard


def _bind(socket: zmq.Socket[bytes], address: Address) -> Address:
    before = os.umask(0o077)  # nobody else opens a Unix socket of ours
    try:
        socket.bind(address.endpoint)
    except zmq.ZMQError as error:
        reason = {
            errno.EADDRINUSE: "the port is in use, by another JobManager or another program; stop "
            "it or choose another port with -Djobmanager.rpc.port=…",
            errno.EADDRNOTAVAIL: "this machine has no such address",
            errno.ENODEV: "this machine has no such address",
            errno.EACCES: "this user may not listen there; ports below 1024 belong to root",
        }.get(error.errno, str(error))
        raise ClusterError(f"cannot listen on {address}: {reason}") from error
    finally:
        os.umask(before)
    if address.path:
        return address
    bound = parse_address(socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode())
    return Address(address.host, bound.port)
