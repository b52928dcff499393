"""The end of a control connection that connects; see `rpc`."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import zmq

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
from flinkette.contracts.errors import ClusterError, ClusterTimeoutError

if TYPE_CHECKING:
    from flinkette.cluster.addresses import Address
    from flinkette.cluster.keys import Keys

__all__ = ["Client"]


class Client:
    """Talks to one server. One thread at a time.

    Parameters
    ----------
    address : Address
        Where the server listens. Connecting is not waited for.
    types : type
        Union of the structs that the server may send.
    keys : Keys, optional
        If the server has keys.
    max_bytes : int
        Largest message.
    """

    def __init__(
        self,
        address: Address,
        types: Any,
        keys: Keys | None = None,
        *,
        max_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        self.address = address
        self._codec = Codec(types, max_bytes)
        self._has_keys = keys is not None
        self._calls = itertools.count(1)
        self._peer = Numbers()
        self._waiting: list[Received] = []
        self._trouble = ""
        self._is_connected = False
        self.losses = 0
        """How often an established connection was lost."""
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._monitor: Any = None
        try:
            configure(self._socket, max_bytes)
            self._socket.setsockopt(zmq.RECONNECT_IVL, 100)
            self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, 5_000)
            if keys is not None:
                self._socket.curve_publickey = keys.own.public
                self._socket.curve_secretkey = keys.own.secret
                self._socket.curve_serverkey = keys.job_manager
            self._monitor = self._socket.get_monitor_socket(_WATCHED)
            self._socket.connect(address.endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise ClusterError(f"{address} cannot be connected to: {error}") from error
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)

    def watch(self, descriptor: int) -> None:
        """Have `receive` return early when a descriptor is readable."""
        self._poller.register(descriptor, zmq.POLLIN)

    def tell(self, message: Any) -> bool:
        """Send a message; False if too many wait to be sent."""
        return self._send(Flow.TELL, 0, 0, message)

    def ask(self, message: Any, timeout_s: float) -> Any:
        """Send a question and wait for the answer.

        Raises
        ------
        ClusterError
            If the server refuses, cannot understand, or its connection is lost meanwhile.
        ClusterTimeoutError
            If no answer came in time; says why if that is known.
        """
        call = next(self._calls)
        deadline_s = time.monotonic() + timeout_s
        losses = self.losses
        self._send(Flow.ASK, call, whole_ms(timeout_s), message)
        while (left_s := deadline_s - time.monotonic()) > 0:
            self._poller.poll(whole_ms(left_s))
            found = [each for each in self._read_all() if self._keep(*each, call)]
            for header, answer in found:
                if header.flow == Flow.REFUSAL:
                    raise ClusterError(f"{self.address}: {answer}")
                return answer
            if self.losses > losses:
                # who comes back does not know the question
                raise ClusterError(f"the connection to {self.address} was lost before it answered")
        raise ClusterTimeoutError(self._explain(timeout_s))

    def receive(self, timeout_s: float | None) -> list[Received]:
        """Wait for what the server tells and return all that is there; None waits for ever."""
        if not self._waiting:
            self._poller.poll(None if timeout_s is None else whole_ms(timeout_s))
        for header, message in self._read_all():
            self._keep(header, message)
        received, self._waiting = self._waiting, []
        return received

    def close(self) -> None:
        """Send what waits for at most a second and close."""
        if self._monitor is not None:
            self._socket.disable_monitor()
            self._monitor.close(linger=0)
            self._monitor = None
        # what could not be sent because nobody is there is not waited for
        self._socket.close(linger=LINGER_MS if self._is_connected else 0)
        self._context.term()

    def _send(self, flow: Flow, call: int, patience_ms: int, message: Any) -> bool:
        header = Header(flow, self._peer.next_out, call, patience_ms)
        try:
            self._socket.send_multipart(self._codec.frames(header, message), zmq.NOBLOCK)
        except zmq.Again:
            return False
        self._peer.next_out += 1
        return True

    def _read_all(self) -> list[tuple[Header, Any]]:
        self._look_at_connection()
        messages: list[tuple[Header, Any]] = []
        while len(messages) < QUEUED_MESSAGES:
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            try:
                messages.append(self._codec.read(frames))
            except WrongVersionError as error:
                raise ClusterError(f"{self.address}: {error}") from error
            except ValueError:
                self._trouble = "it answers with bytes that are no message of flinkette"
        return messages

    def _keep(self, header: Header, message: Any, call: int = -1) -> bool:
        """Count a message and keep what is told; True for what answers `call`."""
        is_in_order = header.sequence == self._peer.next_in
        self._peer.next_in = header.sequence + 1
        if header.flow == Flow.TELL:
            self._waiting.append(Received(b"", message, is_in_order))
        is_answer = header.flow == Flow.ANSWER and header.call == call
        return is_answer or (header.flow == Flow.REFUSAL and header.call in (0, call))

    def _look_at_connection(self) -> None:
        from zmq.utils.monitor import recv_monitor_message

        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor, zmq.NOBLOCK)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._is_connected, self._trouble = True, ""
            elif event == zmq.EVENT_DISCONNECTED:
                self.losses += self._is_connected
                self._is_connected = False
            elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self._trouble = (
                    "it does not know the key of this process; add the .key file to the folder "
                    "allowed/ of its keys and start it again"
                )
            elif event in (
                zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
                zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
            ):
                self._trouble = (
                    "the keys of this process and of the JobManager do not fit"
                    if self._has_keys
                    else "it wants keys; set flinkette.security.keys to their folder"
                )

    def _explain(self, timeout_s: float) -> str:
        if self._trouble:
            return f"{self.address} does not let this process in: {self._trouble}"
        if self._is_connected:
            return f"{self.address} did not answer within {timeout_s:g} s; it is busy or stopped"
        keys = "" if self._has_keys else ", and whether it wants keys (flinkette.security.keys)"
        return (
            f"nobody answers at {self.address} ({timeout_s:g} s); see whether the JobManager runs "
            f"(flinkette jobmanager, flinkette cluster start) and listens there{keys}"
        )


_WATCHED = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_DISCONNECTED
)
