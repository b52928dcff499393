"""The master of one job: deploys it on workers, answers their readers, carries out its machine."""

from __future__ import annotations

import logging
import os
import pickle
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from flinkette.cluster.job_machine import (
    CancelWanted,
    JobPhase,
    JobState,
    Kill,
    Overdue,
    Tell,
    WorkerClosed,
    WorkerFailed,
    WorkerLost,
    WorkerReached,
    advance,
)
from flinkette.cluster.messages import (
    Assign,
    Cancel,
    Closed,
    Commit,
    Committed,
    Deploy,
    Deployed,
    Ended,
    Failed,
    Listening,
    Report,
    Run,
    SplitWanted,
    StopSources,
)
from flinkette.cluster.remote_errors import decode_error
from flinkette.cluster.worker_pool import Lost
from flinkette.contracts.errors import WorkerLostError
from flinkette.plan.execution_graph import SubtaskId
from flinkette.plan.job_metrics import JobMetrics
from flinkette.runtime.wiring import make_enumerators

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flinkette.cluster.dependencies import Dependencies
    from flinkette.cluster.job_links import JobLinks
    from flinkette.cluster.job_machine import Event, Instruction
    from flinkette.cluster.messages import FromWorker, Listen, ToWorker
    from flinkette.contracts.source import SplitEnumerator
    from flinkette.plan.job_graph import JobGraph

__all__ = ["JobMaster", "Workers", "deploy_message"]

STOP_TIMEOUT_S = 5.0
"""A worker that has not closed by then is killed (contract 27)."""


class Workers(Protocol):
    """The workers of a job, wherever they run."""

    def send(self, worker: int, message: ToWorker) -> None:
        """Send a message, `Deploy` with the program; one to a worker that is gone is dropped."""

    def kill(self, worker: int) -> None:
        """End a worker's process."""

    def release(self, worker: int) -> None:
        """Stop listening to a worker that has said its last word."""

    def name_of(self, worker: int) -> str:
        """Say for people which one it is and where."""


class JobMaster:
    """Follows one job from deployment to its end. One thread at a time; never waits.

    Parameters
    ----------
    job_graph : JobGraph
        The job. Its enumerators are made now, here.
    deploys : sequence of Deploy
        What to tell each worker; where others listen is filled in.
    listens : mapping
        What to tell some of them before.
    workers : Workers
        How to reach them.
    """

    def __init__(
        self,
        job_graph: JobGraph,
        deploys: Sequence[Deploy],
        listens: Mapping[int, Listen],
        workers: Workers,
    ) -> None:
        self._workers = workers
        self._deploys = deploys
        self._listens = listens
        self._addresses: dict[int, dict[int, str]] = {}
        self._state = JobState.start(len(deploys), listens)
        self._splits = SplitAssigner(make_enumerators(job_graph))
        self._failures: list[BaseException] = []
        self.metrics = JobMetrics(job_graph)
        """What the workers have reported."""
        self._stop_deadline_s = float("inf")

    @property
    def phase(self) -> JobPhase:
        """Where the job is."""
        return self._state.phase

    @property
    def failure(self) -> BaseException | None:
        """What the job fails with; the best explanation so far."""
        reason = self._state.reason
        return None if reason is None else self._failures[reason]

    def begin(self) -> None:
        """Tell the workers, who are there, to listen or to deploy."""
        if not self._listens:
            self._deploy()
        for worker, listen in self._listens.items():
            self._workers.send(worker, listen)

    def stop(self) -> None:
        """End the sources where they are."""
        self._tell_all(StopSources())

    def cancel(self) -> None:
        """Give up the job; go on handling messages until its phase is final."""
        self._apply(CancelWanted())

    def on_time(self) -> None:
        """Do what is due."""
        if time.monotonic() > self._stop_deadline_s:
            late = ", ".join(map(self._workers.name_of, sorted(self._state.alive)))
            text = f"{late}: no answer for {STOP_TIMEOUT_S:g} s after others lost the connection"
            self._apply(Overdue(), WorkerLostError(text))

    def handle(self, worker: int, message: FromWorker | Lost) -> None:
        """Take a message of a worker; `Output` is not for the master."""
        if isinstance(message, SplitWanted):
            self._answer(worker, SubtaskId(message.vertex, message.subtask))
        elif isinstance(message, Report):
            self.metrics.take(message.tasks, message.channels)
        elif isinstance(message, Lost):
            self._apply(WorkerLost(worker), WorkerLostError(message.text))
        elif isinstance(message, Failed):
            self._apply(WorkerFailed(worker, message.is_consequence), decode_error(message.error))
        elif isinstance(message, Closed):
            self._workers.release(worker)
            self._apply(WorkerClosed(worker))
        else:
            if isinstance(message, Committed):
                self._workers.release(worker)
            elif isinstance(message, Listening) and worker in self._listens:
                peers = self._listens[worker].peers
                for peer, address in zip(peers, message.addresses, strict=True):
                    self._addresses.setdefault(peer, {})[worker] = address
            self._apply(WorkerReached(worker, _PHASES[type(message)]))

    def _apply(self, event: Event, failure: BaseException | None = None) -> None:
        before = self._state.num_failures
        self._state, instructions = advance(self._state, event)
        if failure is not None and self._state.num_failures > before:
            self._failures.append(failure)
        for instruction in instructions:
            self._carry_out(instruction)
        if self._state.phase is JobPhase.STOPPING:
            self._stop_deadline_s = min(self._stop_deadline_s, time.monotonic() + STOP_TIMEOUT_S)

    def _carry_out(self, instruction: Instruction) -> None:
        if isinstance(instruction, Kill):
            for worker in instruction.workers:
                self._workers.kill(worker)
        elif instruction is Tell.DEPLOY:
            self._deploy()
        else:
            self._tell_all(_MESSAGES[instruction])

    def _deploy(self) -> None:
        for worker, deploy in enumerate(self._deploys):
            addresses = self._addresses.get(worker, {})
            self._workers.send(worker, msgspec.structs.replace(deploy, addresses=addresses))

    def _tell_all(self, message: ToWorker) -> None:
        for worker in sorted(self._state.alive):
            self._workers.send(worker, message)

    def _answer(self, worker: int, reader: SubtaskId) -> None:
        for to, subtask, split, is_exhausted in self._splits.ask(worker, reader):
            self._workers.send(to, Assign(subtask.vertex, subtask.index, split, is_exhausted))


Answer = tuple[int, SubtaskId, "bytes | None", bool]


class SplitAssigner:
    """Hands out the splits of all sources, and remembers who waits for one."""

    def __init__(self, enumerators: Mapping[int, SplitEnumerator]) -> None:
        self._enumerators = enumerators
        self._waiting: dict[SubtaskId, int] = {}

    def ask(self, worker: int, reader: SubtaskId) -> list[Answer]:
        """Take a reader's question; return answers as (worker, reader, split, is exhausted).

        One without a split and not exhausted tells the reader to wait: it is answered again.
        """
        answers = [self._answer(worker, reader)]
        if self._enumerators[reader.vertex].is_exhausted():
            ended = [each for each in self._waiting if each.vertex == reader.vertex]
            answers += [(self._waiting.pop(each), each, None, True) for each in ended]
        return answers

    def _answer(self, worker: int, reader: SubtaskId) -> Answer:
        enumerator = self._enumerators[reader.vertex]
        split = enumerator.next_split(reader.index)
        is_exhausted = split is None and enumerator.is_exhausted()
        if split is None and not is_exhausted:
            self._waiting[reader] = worker
        return worker, reader, None if split is None else pickle.dumps(split), is_exhausted


def deploy_message(
    job_graph: JobGraph,
    placement: Mapping[SubtaskId, int],
    worker: int,
    dependencies: Dependencies,
    links: JobLinks,
    attempt: int = 0,
) -> Deploy:
    """Tell a worker what to build; the program itself travels beside it.

    Parameters
    ----------
    job_graph : JobGraph
        The job.
    placement : mapping
        Worker of each subtask.
    worker : int
        Who is told.
    dependencies : Dependencies
        Made ready on the worker's host.
    links : JobLinks
        How workers are joined.
    attempt : int
        Which attempt to run the job this is.
    """
    root = logging.getLogger()
    return Deploy(
        worker,
        attempt,
        [
            [placement[SubtaskId(vertex.index, index)] for index in range(vertex.parallelism)]
            for vertex in job_graph.vertices
        ],
        dependencies.folder or str(Path.cwd()),
        dict(os.environ),
        [
            *dependencies.import_path,
            *(str(Path(entry).absolute()) for entry in sys.path),
        ],
        root.level if root.handlers else None,
        token=links.token,
        keys=links.keys.get(worker),
        arguments=list(sys.argv),
    )


_MESSAGES: dict[Tell, ToWorker] = {
    Tell.RUN: Run(),
    Tell.COMMIT: Commit(),
    Tell.CANCEL: Cancel(),
}
_PHASES = {
    Listening: JobPhase.LISTENING,
    Deployed: JobPhase.DEPLOYING,
    Ended: JobPhase.RUNNING,
    Committed: JobPhase.COMMITTING,
}
