"""The worker processes of one host: started through the fork server, joined by rings, watched."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from flinkette._native.ring import create_ring
from flinkette.cluster.link import MAX_DESCRIPTORS, Link, LinkClosedError, link_pair, wait_for
from flinkette.cluster.messages import (
    CLIENT,
    Deploy,
    Died,
    Doorbells,
    Fork,
    Forked,
    FromWorker,
    Wire,
    Wires,
)
from flinkette.contracts.errors import JobExecutionError, SharedMemoryError
from flinkette.exchange.doorbell import Doorbell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flinkette._native.shared_memory import SharedMemory
    from flinkette.cluster.messages import ToWorker
    from flinkette.plan.execution_graph import Channel, SubtaskId

__all__ = ["COSTLY", "Lost", "WorkerPool", "close_fork_server", "fork_server"]

START_TIMEOUT_S = 30.0
COSTLY = ("numpy", "pyarrow", "pyarrow.compute", "pyarrow.parquet", "pandas")
"""Libraries that take 0.1 s and more to import in each worker."""
WITHOUT_THREADS = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Environment in which importing them makes no threads: a process with threads cannot be forked."""


class Lost:
    """A worker's process is gone."""

    def __init__(self, text: str) -> None:
        self.text = text


class ForkServer:
    """The client's end of a fork server. Any thread may use it; one at a time does.

    Parameters
    ----------
    libraries : sequence of str
        Modules to import before the first worker is forked, rather than in each.
    """

    def __init__(self, libraries: Sequence[str]) -> None:
        ours, theirs = link_pair()
        self.situation = _situation()
        self.lock = threading.Lock()
        self.deaths: dict[int, int] = {}
        # the path of this process, so that the same flinkette and the same modules are found
        program = (
            "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
            "from flinkette.cluster.fork_server import main; main(int(sys.argv[1]), sys.argv[3:])"
        )
        arguments = [str(theirs.fileno()), json.dumps(sys.path), *libraries]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", program, *arguments],
                env={**WITHOUT_THREADS, **os.environ},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # Ctrl-C is for the client, which ends the job in order
                start_new_session=True,
            )
        self.link: Link[Forked | Died] = Link(ours, Forked | Died)

    def fork(self, worker: int, end: socket.socket) -> int:
        """Start a worker that serves `end`; return its process id."""
        with self.lock:
            try:
                self.link.send(Fork(worker), [end.fileno()])
                deadline = time.monotonic() + START_TIMEOUT_S
                while time.monotonic() < deadline:
                    for message in self._receive():
                        if isinstance(message, Forked):
                            return message.process
                    self.link.wait(0.1)
            except LinkClosedError as error:
                code = self._process.wait()
                raise JobExecutionError(
                    f"the process that starts workers ended with code {code}; its messages are "
                    "above; run the job in this process with --workers 1 to go on without it"
                ) from error
        raise JobExecutionError(f"no worker was started within {START_TIMEOUT_S:.0f} s")

    def status_of(self, process: int, timeout_s: float) -> int | None:
        """Return how a worker ended, waiting a moment for the news."""
        deadline = time.monotonic() + timeout_s
        while process not in self.deaths and time.monotonic() < deadline:
            with self.lock:
                try:
                    self._receive()
                    self.link.wait(0.01)
                except LinkClosedError:
                    break
        return self.deaths.pop(process, None)

    def close(self) -> None:
        """End the server; workers that are left end with it."""
        self.link.close()
        self._process.wait()

    def _receive(self) -> list[Forked | Died]:
        messages = [message for message, _ in self.link.receive()]
        for message in messages:
            if isinstance(message, Died):
                self.deaths[message.process] = message.status
        return messages


_server: ForkServer | None = None
_server_lock = threading.Lock()


def fork_server(libraries: Sequence[str] | None = None) -> ForkServer:
    """Return this process's fork server, started on first use and kept for later jobs.

    Parameters
    ----------
    libraries : sequence of str, optional
        What it imports if it is started now; if not given, those costly ones that this process has
        imported, for its functions and sources are likely to need them.
    """
    global _server
    with _server_lock:
        if _server is None or _server.situation != _situation():
            if libraries is None:
                libraries = [name for name in COSTLY if name in sys.modules]
            _server = ForkServer(libraries)
        return _server


def close_fork_server() -> None:
    """End this process's fork server, if there is one; the next job starts another."""
    global _server
    with _server_lock:
        server, _server = _server, None
    if server is not None and server.situation == _situation():
        server.close()


atexit.register(close_fork_server)


def _situation() -> tuple[object, ...]:
    """Return what a server is for; in another situation another server is needed."""
    return os.getpid(), sys.executable


class WorkerPool:
    """Starts, joins and watches the workers of one job on this host. One thread at a time.

    Parameters
    ----------
    workers : iterable of int
        Their numbers.
    program : int
        Descriptor of what they build; the pool owns it.
    """

    def __init__(self, workers: Iterable[int], program: int) -> None:
        self._program = program
        self.doorbell = Doorbell.create()
        self._doorbells: dict[int, Doorbell] = {CLIENT: self.doorbell}
        self._links: dict[int, Link[FromWorker]] = {}
        self._processes: dict[int, int] = {}
        try:
            self._server = fork_server()
            for worker in workers:
                ours, theirs = link_pair()
                with theirs:
                    self._links[worker] = Link(ours, FromWorker)
                    self._processes[worker] = self._server.fork(worker, theirs)
                self._doorbells[worker] = Doorbell.create()
            for link in self._links.values():
                everyone = list(self._doorbells)
                bells = [self._doorbells[each].fileno() for each in everyone]
                for first in range(0, len(everyone), MAX_DESCRIPTORS):
                    part = slice(first, first + MAX_DESCRIPTORS)
                    link.send(Doorbells(everyone[part]), bells[part])
        except BaseException:
            self.close()
            raise

    @property
    def processes(self) -> dict[int, int]:
        """Process id of each worker that was started."""
        return dict(self._processes)

    def join(
        self, channels: Sequence[Channel], placement: Mapping[SubtaskId, int], ring_bytes: int
    ) -> None:
        """Make a ring for each of these channels between workers and hand it to both."""
        for number, channel in enumerate(channels):
            sender, receiver = placement[channel.sender], placement[channel.receiver]
            memory = _ring(ring_bytes, number, f"{number + 1} of {len(channels)} between workers")
            place = (channel.edge, channel.sender.index, channel.receiver.index)
            self._hand_over(sender, Wire(*place, is_sender=True, peer=receiver), memory)
            self._hand_over(receiver, Wire(*place, is_sender=False, peer=sender), memory)
            memory.close()

    def join_client(self, worker: int, sink: int, ring_bytes: int) -> SharedMemory:
        """Make a ring from a collecting sink of a worker to this process."""
        memory = _ring(ring_bytes, 0, f"from worker {worker} to the program")
        self._hand_over(worker, Wire(sink, worker, 0, is_sender=True, peer=CLIENT), memory)
        return memory

    def bell_of(self, worker: int) -> Doorbell:
        """Return a worker's doorbell."""
        return self._doorbells[worker]

    def send(self, worker: int, message: ToWorker) -> None:
        """Send a message; one to a worker that is gone is dropped: `receive` tells of it."""
        self._send(worker, message, [self._program] if isinstance(message, Deploy) else ())

    def receive(self, timeout_s: float) -> list[tuple[int, FromWorker | Lost]]:
        """Wait for messages, or a ring of the doorbell; a worker that is gone says `Lost` once."""
        waiting = [(link, link.unsent_bytes > 0) for link in self._links.values()]
        wait_for(waiting, timeout_s, extra=(self.doorbell.fileno(),))
        self.doorbell.silence()
        news: list[tuple[int, FromWorker | Lost]] = []
        for worker, link in tuple(self._links.items()):
            try:
                news += [(worker, message) for message, _ in link.receive()]
                link.flush()
            except LinkClosedError:
                news.append((worker, Lost(self._describe_loss(worker))))
                self.release(worker)
        return news

    def release(self, worker: int) -> None:
        """Stop listening to a worker that has said its last word."""
        link = self._links.pop(worker, None)
        if link is not None:
            link.close()

    def kill(self, worker: int) -> None:
        """End a worker's process."""
        if worker in self._links:
            os.kill(self._processes[worker], signal.SIGKILL)

    def name_of(self, worker: int) -> str:
        """Say for people which one it is."""
        return f"worker {worker} (process {self._processes[worker]})"

    def close(self) -> None:
        """Let go of everything; workers that still run see it and end."""
        for worker in tuple(self._links):
            self.release(worker)
        for bell in self._doorbells.values():
            bell.close()
        self._doorbells.clear()
        if self._program >= 0:
            os.close(self._program)
            self._program = -1

    def _send(self, worker: int, message: ToWorker, descriptors: Sequence[int]) -> None:
        link = self._links.get(worker)
        if link is None:
            return
        try:
            link.send(message, descriptors)
        except LinkClosedError:
            return

    def _hand_over(self, worker: int, wire: Wire, memory: SharedMemory) -> None:
        self._send(worker, Wires([wire]), [memory.descriptor])

    def _describe_loss(self, worker: int) -> str:
        status = self._server.status_of(self._processes[worker], timeout_s=1.0)
        name = self.name_of(worker)
        if status is None:
            return f"{name} is gone"
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            hint = "; the system may have been out of memory" if number == signal.SIGKILL else ""
            return f"{name} was ended by signal {number} ({signal.Signals(number).name}){hint}"
        return f"{name} ended by itself with code {os.waitstatus_to_exitcode(status)}"


def _ring(ring_bytes: int, number: int, what: str) -> SharedMemory:
    try:
        return create_ring(ring_bytes, channel=number)
    except MemoryError as error:
        raise SharedMemoryError(
            f"channel {what}: {error}; lower the parallelism or taskmanager.memory.network.max, "
            "or give this machine (the container, the limits of its user) more memory"
        ) from error
