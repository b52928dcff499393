"""The main loop of a worker process: mail from the master, turns of the subtasks, sleep."""

from __future__ import annotations

import logging
import os
import pickle
import random
import socket
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flinkette._native.shared_memory import SharedMemory
from flinkette.cluster.link import Link, LinkClosedError
from flinkette.cluster.messages import (
    Assign,
    Cancel,
    Closed,
    Commit,
    Committed,
    Deploy,
    Deployed,
    Doorbells,
    Ended,
    Failed,
    Listen,
    Listening,
    Output,
    RowsTaken,
    Run,
    StopSources,
    ToWorker,
    Wires,
)
from flinkette.cluster.payload import load_payload
from flinkette.cluster.peer_links import PeerLinks
from flinkette.cluster.remote_errors import encode_error
from flinkette.cluster.reports import reports_of
from flinkette.cluster.worker_output import ForwardedStream
from flinkette.cluster.worker_wiring import WorkerWiring
from flinkette.connectors.collect import CollectSink
from flinkette.contracts.errors import WorkerLostError
from flinkette.exchange.doorbell import Doorbell
from flinkette.graph.operators import SinkDescription
from flinkette.plan.execution_graph import SubtaskId
from flinkette.runtime.clock import SystemClock
from flinkette.runtime.cores import available_cores
from flinkette.runtime.deploy import deploy
from flinkette.runtime.garbage import look_less_often
from flinkette.runtime.long_calls import LongCalls
from flinkette.runtime.worker import Worker

if TYPE_CHECKING:
    import msgspec

    from flinkette.cluster.messages import Wire
    from flinkette.plan.job_graph import JobGraph, Vertex
    from flinkette.runtime.subtask import Subtask

__all__ = ["collecting_sinks", "run_worker"]

REPORT_INTERVAL_S = 0.5
UNSENT_WAIT_S = 0.005
MAX_UNSENT_BYTES = 1 << 22
"""Output that the client has not taken; beyond it the worker waits for the client."""


def run_worker(descriptor: int) -> int:
    """Serve the master at the other end of a socket until the job is over or the master is gone.

    Parameters
    ----------
    descriptor : int
        An end of a Unix socket pair.

    Returns
    -------
    int
        Exit code.
    """
    _die_with_parent()
    link: Link[ToWorker] = Link(socket.socket(fileno=os.dup(descriptor)), ToWorker)
    look_less_often(link)
    os.close(descriptor)
    process = WorkerProcess(link)
    try:
        process.run()
    except LinkClosedError:
        process.close_quietly()
    return 0


class WorkerProcess:
    """What one worker process does between its start and its end."""

    def __init__(self, link: Link[ToWorker]) -> None:
        self._link = link
        self._clock = SystemClock()
        self._doorbells: dict[int, Doorbell] = {}
        self._wires: list[tuple[Wire, SharedMemory]] = []
        self._links = PeerLinks()
        self._wiring: WorkerWiring | None = None
        self._worker: Worker | None = None
        self._long_calls: LongCalls | None = None
        self._number = -1
        self._is_running = False
        self._is_over = False
        self._next_report_s = 0.0
        self._num_reports = 0
        self._out = ForwardedStream(lambda text: self._tell(Output(is_error=False, text=text)))
        self._err = ForwardedStream(lambda text: self._tell(Output(is_error=True, text=text)))

    def run(self) -> None:
        """Work until everything is over."""
        sys.stdout, sys.stderr = self._out, self._err
        while not self._is_over:
            try:
                has_worked = self._turn()
                self._hand_on_output()
                if not has_worked:
                    self._park()  # it looks at channels, which may be broken
            except LinkClosedError:
                raise
            except BaseException as error:
                self._fail(error)
        while not self._link.flush():
            self._link.wait(1.0, until_sent=True)

    def close_quietly(self) -> None:
        """Close without a word: nobody listens."""
        worker, self._worker = self._worker, None
        try:
            if worker is not None:
                worker.close()
        except Exception:
            return

    def _turn(self) -> bool:
        has_worked = False
        self._link.flush()
        for message, descriptors in self._link.receive():
            self._handle(message, descriptors)
            has_worked = True
        worker = self._worker
        if not self._is_running or worker is None:
            return has_worked
        if worker.step():
            has_worked = True
        if worker.has_ended and self._has_sent_results():
            self._is_running = False
            self._report(is_last=True)
            self._hand_on_output()
            self._tell(Ended())
        elif time.monotonic() >= self._next_report_s:
            self._report()
        return has_worked

    def _has_sent_results(self) -> bool:
        """End the channels to the client, if they are not; tell whether all of it has left."""
        assert self._wiring is not None
        return all(results.end() for results in self._wiring.results.values())

    def _handle(self, message: ToWorker, descriptors: list[int]) -> None:
        if isinstance(message, Doorbells):
            for worker, descriptor in zip(message.workers, descriptors, strict=True):
                self._doorbells[worker] = Doorbell(descriptor)
        elif isinstance(message, Wires):
            for wire, descriptor in zip(message.wires, descriptors, strict=True):
                self._wires.append((wire, SharedMemory.map(descriptor)))
                os.close(descriptor)
        elif isinstance(message, Listen):
            addresses = self._links.listen(
                message.peers, message.endpoint, message.token, message.attempt, message.keys
            )
            self._tell(Listening(addresses))
        elif isinstance(message, Deploy):
            self._deploy(message, descriptors[0])
        else:
            self._obey(message)

    def _obey(self, message: Run | Assign | RowsTaken | StopSources | Commit | Cancel) -> None:
        if self._is_over:
            return  # it has said its last word
        if isinstance(message, Assign):
            self._take_answer(message)
        elif isinstance(message, RowsTaken):
            if self._wiring is not None:
                self._wiring.mailed[message.sink].grant(message.granted_bytes)
        elif isinstance(message, Run):
            self._is_running = True
        elif isinstance(message, StopSources):
            if self._worker is not None:
                self._worker.stop_sources()
        elif isinstance(message, Commit):
            assert self._worker is not None
            self._worker.commit()
            self._end(Committed())
        else:
            self._end(Closed())

    def _deploy(self, message: Deploy, descriptor: int) -> None:
        self._number = message.worker
        _prepare(message)
        try:
            job_graph, options = load_payload(descriptor)
        finally:
            os.close(descriptor)
        placement = {
            SubtaskId(vertex, index): worker
            for vertex, workers in enumerate(message.placement)
            for index, worker in enumerate(workers)
        }
        self._links.connect(message.addresses, message.token, message.attempt, message.keys)
        self._wiring = wiring = WorkerWiring(
            job_graph,
            placement,
            self._number,
            self._wires,
            self._doorbells,
            self._tell,
            self._links,
        )
        for number, (vertex, sink) in enumerate(collecting_sinks(job_graph)):
            subtasks = (SubtaskId(vertex.index, index) for index in range(vertex.parallelism))
            if any(map(wiring.runs_here, subtasks)):
                sink.buffer = wiring.results_of(number)
        # the same seed everywhere would shuffle alike in every worker
        seed = f"{options.random.random()} {self._number}"
        settings = replace(options, clock=self._clock, random=random.Random(seed))
        self._worker = Worker(
            deploy(job_graph, settings, wiring),
            self._clock,
            wiring.all_senders,
            self._name_turn,
            # one of the doorbells is the client's
            may_spin=len(self._doorbells) - 1 <= available_cores(),
        )
        self._worker.open()
        self._long_calls = LongCalls(self._worker, settings.long_call_ms, _warn)
        self._long_calls.start()
        self._tell(Deployed())

    def _take_answer(self, answer: Assign) -> None:
        assert self._wiring is not None
        split = None if answer.split is None else pickle.loads(answer.split)
        self._wiring.asked[SubtaskId(answer.vertex, answer.subtask)].answer(
            split, is_exhausted=answer.is_exhausted
        )

    def _fail(self, error: BaseException) -> None:
        """Tell the master what happened, and close; it answers nothing to that."""
        if self._is_over:
            return
        self._hand_on_output()
        self._tell(Failed(encode_error(error), isinstance(error, WorkerLostError)))
        self._end(Closed())

    def _end(self, last_word: msgspec.Struct) -> None:
        worker, self._worker = self._worker, None
        self._is_running = False
        self._is_over = True
        if self._long_calls is not None:
            self._long_calls.close()
        if worker is not None:
            try:
                worker.close()
            except Exception as error:
                if isinstance(last_word, Committed):
                    self._tell(Failed(encode_error(error), is_consequence=False))
                    last_word = Closed()
                else:
                    print(f"flinkette: while closing the failed job: {error}", file=sys.stderr)
        self._hand_on_output()
        self._tell(last_word)

    def _park(self) -> None:
        own = self._doorbells.get(self._number)
        descriptors = [self._link.fileno(), *([] if own is None else [own.fileno()])]
        if self._link.unsent_bytes:
            # nobody was asked to ring: not for long
            self._link.wait(UNSENT_WAIT_S, until_sent=True)
        elif self._worker is not None:
            self._worker.park([*descriptors, *self._links.descriptors])
        else:
            self._link.wait(0.1)
        if own is not None:
            own.silence()

    def _report(self, *, is_last: bool = False) -> None:
        assert self._worker is not None
        assert self._wiring is not None
        self._next_report_s = time.monotonic() + REPORT_INTERVAL_S
        reports = reports_of(self._worker, self._wiring)
        self._num_reports += 1
        for report in reports if is_last else [reports[self._num_reports % len(reports)]]:
            self._tell(report)

    def _hand_on_output(self) -> None:
        self._out.subtask = self._err.subtask = ""
        self._out.hand_on()
        self._err.hand_on()
        while self._link.unsent_bytes > MAX_UNSENT_BYTES and not self._link.flush():
            self._link.wait(0.1, until_sent=True)

    def _name_turn(self, subtask: Subtask) -> None:
        self._out.subtask = self._err.subtask = subtask.display_name

    def _tell(self, message: msgspec.Struct) -> None:
        self._link.send(message)


def collecting_sinks(job_graph: JobGraph) -> list[tuple[Vertex, CollectSink]]:
    """Return the sinks that hand rows to the client with their vertices, in graph order."""
    return [
        (vertex, node.operator.sink)
        for vertex in job_graph.vertices
        for node in vertex.nodes
        if isinstance(node.operator, SinkDescription)
        and isinstance(node.operator.sink, CollectSink)
    ]


def _prepare(message: Deploy) -> None:
    """Make user code find its command line, its files, its modules and its logging."""
    sys.argv[:] = message.arguments
    os.chdir(message.folder)
    os.environ.clear()
    os.environ.update(message.environment)
    sys.path[:] = dict.fromkeys([*message.import_path, *sys.path])
    if message.log_level is not None:
        logging.basicConfig(
            level=message.log_level, format="%(levelname)s:%(name)s:%(message)s", stream=sys.stderr
        )


def _warn(text: str) -> None:
    """Write past the stream to the master: the thread that sends on it is the one that is busy."""
    os.write(2, f"{text}\n".encode())


def _die_with_parent() -> None:
    """Let the kernel end this process when the fork server is gone, whatever it is doing."""
    if sys.platform != "linux":
        return
    import ctypes

    library: Any = ctypes.CDLL(None)
    parent = os.getppid()
    library.prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    if os.getppid() != parent or parent == 1:
        os._exit(1)
