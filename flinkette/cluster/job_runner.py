"""Runs jobs on the slots of task managers: one `JobMaster` for each, in the JobManager.

The dispatcher's shell talks to a `JobRunner`; another way to run jobs is another implementation.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from flinkette.cluster import dispatcher_events as jobs
from flinkette.cluster.control_messages import DeployHost, ForWorkers, StopHost
from flinkette.cluster.job_deployment import plan_deployment
from flinkette.cluster.job_machine import JobPhase
from flinkette.cluster.job_master import JobMaster
from flinkette.cluster.job_messages import (
    FromHost,
    KillWorker,
    ReleaseWorker,
    TellWorker,
    WorkerSaid,
)
from flinkette.cluster.messages import Failed, Output, Rows, RowsTaken
from flinkette.cluster.payload import load_payload, payload_of
from flinkette.cluster.remote_errors import encode_error
from flinkette.cluster.worker_pool import Lost
from flinkette.contracts.job import JobStatus
from flinkette.plan.execution_graph import ExecutionGraph

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from flinkette.cluster.control_messages import SubmitJob
    from flinkette.cluster.identifiers import Attempt, JobId, SlotAddress, TaskManagerId
    from flinkette.cluster.job_deployment import JobHost
    from flinkette.cluster.job_messages import ForHost
    from flinkette.cluster.messages import ToWorker
    from flinkette.plan.job_graph import JobGraph
    from flinkette.plan.job_metrics import JobMetrics

__all__ = ["JobRunner", "MasterRunner"]

_STATUS = {
    JobPhase.FINISHED: JobStatus.FINISHED,
    JobPhase.FAILED: JobStatus.FAILED,
    JobPhase.CANCELED: JobStatus.CANCELED,
}


class JobRunner(Protocol):
    """Runs jobs on slots and says with dispatcher events what becomes of them."""

    def plan(self, job: SubmitJob) -> int:
        """Return how many slots a job needs; raises what is wrong with it."""

    def start(self, job_id: JobId, attempt: Attempt, slots: tuple[SlotAddress, ...]) -> None:
        """Put a job on its slots."""

    def cancel(self, job_id: JobId, attempt: Attempt) -> None:
        """Stop a job without committing."""

    def stop_sources(self, job_id: JobId) -> None:
        """End a job's sources where they are."""

    def slots_lost(
        self, job_id: JobId, attempt: Attempt, slots: tuple[SlotAddress, ...], reason: str
    ) -> None:
        """Take note that slots are gone."""

    def host_says(self, job_id: JobId, attempt: Attempt, payload: bytes) -> None:
        """Take what the workers of a host say."""

    def host_stopped(
        self, job_id: JobId, attempt: Attempt, task_manager: TaskManagerId, reason: str
    ) -> None:
        """Take note that no worker is left on a host."""

    def on_time(self) -> bool:
        """Do what is due; True if this has to be called again within a second."""

    def forget(self, job_id: JobId) -> None:
        """Drop what is kept of a job."""


@dataclass
class RunningJob:
    """One attempt to run a job."""

    attempt: Attempt
    hosts: tuple[JobHost, ...]
    master: JobMaster
    workers: RemoteWorkers

    @cached_property
    def host_of(self) -> dict[int, JobHost]:
        """Where each worker runs."""
        return {worker: host for host in self.hosts for worker in host.workers}


class MasterRunner:
    """Runs each job on workers of the task managers that have its slots.

    Parameters
    ----------
    tell_host : callable
        Sends a message to a task manager.
    report : callable
        Takes dispatcher events.
    on_output : callable
        Takes what user code printed.
    on_rows : callable
        Takes rows of collecting sinks, with the worker they come from.
    now_ms : callable
        The time of events.
    is_encrypted : bool
        Whether workers of different hosts need keys to talk: not if all is one machine.
    """

    def __init__(
        self,
        tell_host: Callable[[TaskManagerId, Any], None],
        report: Callable[[jobs.DispatcherEvent], None],
        on_output: Callable[[JobId, Output], None],
        on_rows: Callable[[JobId, int, Rows], None],
        now_ms: Callable[[], int],
        *,
        is_encrypted: bool,
    ) -> None:
        self._tell_host = tell_host
        self._report = report
        self._on_output = on_output
        self._on_rows = on_rows
        self._now_ms = now_ms
        self._is_encrypted = is_encrypted
        self._submitted: dict[JobId, SubmitJob] = {}
        self._graphs: dict[JobId, JobGraph] = {}
        self._running: dict[JobId, RunningJob] = {}
        self.failures: dict[JobId, bytes] = {}
        """What jobs failed of, see `remote_errors`."""
        self._decode = msgspec.msgpack.Decoder(FromHost).decode

    def plan(self, job: SubmitJob) -> int:
        memory = payload_of(job.program)
        try:
            job_graph, _ = load_payload(memory)
        finally:
            os.close(memory)
        job_id = _job_id(job.job_id)
        self._submitted[job_id], self._graphs[job_id] = job, job_graph
        return ExecutionGraph(job_graph).required_slots

    def start(self, job_id: JobId, attempt: Attempt, slots: tuple[SlotAddress, ...]) -> None:
        try:
            self._start(job_id, attempt, slots)
        except Exception as error:
            self.failures[job_id] = encode_error(error)
            self._report(
                jobs.JobEnded(self._now_ms(), job_id, attempt, JobStatus.FAILED, _text(error))
            )

    def _start(self, job_id: JobId, attempt: Attempt, slots: tuple[SlotAddress, ...]) -> None:
        job, job_graph = self._submitted[job_id], self._graphs[job_id]
        deployment = plan_deployment(
            job, job_graph, slots, attempt, is_encrypted=self._is_encrypted
        )
        workers = RemoteWorkers(self._tell_host, deployment.hosts, job_id, attempt)
        master = JobMaster(job_graph, deployment.deploys, deployment.listens, workers)
        master.metrics.placed(deployment.placement, deployment.offers)
        for host, plan in zip(deployment.hosts, deployment.plans, strict=True):
            order = DeployHost(
                instance=host.instance,
                job_id=job_id,
                attempt=attempt,
                payload=msgspec.msgpack.encode(plan),
            )
            self._tell_host(host.task_manager, order)
        master.begin()
        self._running[job_id] = RunningJob(attempt, deployment.hosts, master, workers)

    def cancel(self, job_id: JobId, attempt: Attempt) -> None:
        running = self._present(job_id, attempt)
        if running is None:
            self._report(jobs.JobEnded(self._now_ms(), job_id, attempt, JobStatus.CANCELED))
            return
        self._follow(job_id, running, running.master.cancel)

    def stop_sources(self, job_id: JobId) -> None:
        running = self._running.get(job_id)
        if running is not None:
            running.master.stop()

    def slots_lost(
        self, job_id: JobId, attempt: Attempt, slots: tuple[SlotAddress, ...], reason: str
    ) -> None:
        lost = {(slot.task_manager, slot.instance) for slot in slots}
        running = self._present(job_id, attempt)
        if running is not None:
            hosts = [host for host in running.hosts if (host.task_manager, host.instance) in lost]
            self._lose(job_id, running, hosts, reason)

    def host_stopped(
        self, job_id: JobId, attempt: Attempt, task_manager: TaskManagerId, reason: str
    ) -> None:
        running = self._present(job_id, attempt)
        if running is not None:
            hosts = [host for host in running.hosts if host.task_manager == task_manager]
            text = f"the workers on task manager {task_manager} are gone"
            self._lose(job_id, running, hosts, f"{text}: {reason}" if reason else text)

    def _lose(
        self, job_id: JobId, running: RunningJob, hosts: Collection[JobHost], reason: str
    ) -> None:
        def lose() -> None:
            for host in hosts:
                for worker in host.workers:
                    running.master.handle(worker, Lost(reason))

        self._follow(job_id, running, lose)

    def host_says(self, job_id: JobId, attempt: Attempt, payload: bytes) -> None:
        running = self._present(job_id, attempt)
        if running is None:
            return
        said = self._decode(payload)
        if isinstance(said, WorkerSaid):
            message: Any = said.message
        else:
            where = running.host_of[said.worker].task_manager
            message = Lost(f"{said.text}, on task manager {where}")
        if isinstance(message, Output):
            self._on_output(job_id, message)
        elif isinstance(message, Rows):
            self._on_rows(job_id, said.worker, message)
        else:
            error = message.error if isinstance(message, Failed) else None
            self._follow(
                job_id, running, lambda: running.master.handle(said.worker, message), error
            )

    def rows_taken(self, job_id: JobId, worker: int, taken: RowsTaken) -> None:
        """Tell a worker that the client has taken rows of it."""
        running = self._running.get(job_id)
        if running is not None:
            running.workers.send(worker, taken)

    def on_time(self) -> bool:
        for job_id, running in list(self._running.items()):
            self._follow(job_id, running, running.master.on_time)
        return any(each.master.phase is JobPhase.STOPPING for each in self._running.values())

    def forget(self, job_id: JobId) -> None:
        for kept in (self._submitted, self._graphs, self.failures):
            kept.pop(job_id, None)

    def metrics(self, job_id: JobId) -> JobMetrics | None:
        """Return what a running job has reported."""
        running = self._running.get(job_id)
        return None if running is None else running.master.metrics

    def _present(self, job_id: JobId, attempt: Attempt) -> RunningJob | None:
        running = self._running.get(job_id)
        return running if running is not None and running.attempt == attempt else None

    def _follow(
        self,
        job_id: JobId,
        running: RunningJob,
        act: Callable[[], None],
        error: bytes | None = None,
    ) -> None:
        """Let the master act, and tell the dispatcher where that brought the job."""
        before, failure = running.master.phase, running.master.failure
        act()
        after = running.master.phase
        if running.master.failure is not failure and running.master.failure is not None:
            # as the worker wrote it: what is written a second time has a second traceback
            self.failures[job_id] = error or encode_error(running.master.failure)
        if after is before:
            return
        now_ms, master = self._now_ms(), running.master
        if before is JobPhase.DEPLOYING and after is JobPhase.RUNNING:
            self._report(jobs.JobStarted(now_ms, job_id, running.attempt))
        reason = "" if master.failure is None else _text(master.failure)
        if after is JobPhase.STOPPING and reason:
            self._report(jobs.JobFailing(now_ms, job_id, running.attempt, reason))
        if after.is_final:
            self._end(job_id, running, _STATUS[after], reason)

    def _end(self, job_id: JobId, running: RunningJob, status: JobStatus, reason: str) -> None:
        del self._running[job_id]
        for host in running.hosts:
            order = StopHost(instance=host.instance, job_id=job_id, attempt=running.attempt)
            self._tell_host(host.task_manager, order)
        figures = running.master.metrics.figures()
        self._report(
            jobs.JobEnded(self._now_ms(), job_id, running.attempt, status, reason, figures)
        )


class RemoteWorkers:
    """The workers of a job as its master reaches them: through their task managers."""

    def __init__(
        self,
        tell_host: Callable[[TaskManagerId, Any], None],
        hosts: Sequence[JobHost],
        job_id: JobId,
        attempt: Attempt,
    ) -> None:
        self._tell_host = tell_host
        self._host_of = {worker: host for host in hosts for worker in host.workers}
        self._key = (job_id, attempt)
        self._encode = msgspec.msgpack.Encoder().encode

    def send(self, worker: int, message: ToWorker) -> None:
        self._order(worker, TellWorker(worker, message))

    def kill(self, worker: int) -> None:
        self._order(worker, KillWorker(worker))

    def release(self, worker: int) -> None:
        self._order(worker, ReleaseWorker(worker))

    def name_of(self, worker: int) -> str:
        return f"worker {worker} on task manager {self._host_of[worker].task_manager}"

    def _order(self, worker: int, order: ForHost) -> None:
        host, (job_id, attempt) = self._host_of[worker], self._key
        self._tell_host(
            host.task_manager,
            ForWorkers(
                instance=host.instance,
                job_id=job_id,
                attempt=attempt,
                payload=self._encode(order),
            ),
        )


def _job_id(text: str) -> JobId:
    from flinkette.cluster.identifiers import JobId

    return JobId(text)


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__
