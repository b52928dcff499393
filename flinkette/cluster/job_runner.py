"""Runs jobs on the slots of task managers: one `JobMaster` for each, in the JobManager.

The dispatcher's shell talks to a `JobRunner`; another way to run jobs is another implementation.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from flinkette.cluster import dispatcher_events as jobs
from flinkette.cluster.control_messages import DeployHost, ForWorkers, StopHost
from flinkette.cluster.dependencies import Dependencies
from flinkette.cluster.job_machine import JobPhase
from flinkette.cluster.job_master import JobMaster, deploy_message
from flinkette.cluster.job_messages import (
    FromHost,
    HostPlan,
    KillWorker,
    PlannedChannel,
    ReleaseWorker,
    TellWorker,
    WorkerSaid,
)
from flinkette.cluster.messages import Failed, Output
from flinkette.cluster.payload import load_payload, payload_of
from flinkette.cluster.remote_errors import encode_error
from flinkette.cluster.worker_pool import Lost
from flinkette.contracts.errors import UnsupportedFeatureError
from flinkette.contracts.job import JobStatus
from flinkette.exchange.ring_channel import ring_channel_bytes
from flinkette.plan.execution_graph import ExecutionGraph
from flinkette.plan.placement import place
from flinkette.plan.placement_problem import WorkerOffer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.cluster.control_messages import SubmitJob
    from flinkette.cluster.identifiers import Attempt, JobId, SlotAddress, TaskManagerId
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

    def host_stopped(self, job_id: JobId, attempt: Attempt, reason: str) -> None:
        """Take note that no worker is left on a host."""

    def on_time(self) -> bool:
        """Do what is due; True if this has to be called again within a second."""

    def forget(self, job_id: JobId) -> None:
        """Drop what is kept of a job."""


@dataclass
class RunningJob:
    """One attempt to run a job."""

    attempt: Attempt
    task_manager: TaskManagerId
    instance: int
    master: JobMaster
    num_workers: int


class MasterRunner:
    """Runs each job on the workers of one task manager.

    Parameters
    ----------
    tell_host : callable
        Sends a message to a task manager.
    report : callable
        Takes dispatcher events.
    on_output : callable
        Takes what user code printed.
    now_ms : callable
        The time of events.
    """

    def __init__(
        self,
        tell_host: Callable[[TaskManagerId, Any], None],
        report: Callable[[jobs.DispatcherEvent], None],
        on_output: Callable[[JobId, Output], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._tell_host = tell_host
        self._report = report
        self._on_output = on_output
        self._now_ms = now_ms
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
        hosts = {(slot.task_manager, slot.instance) for slot in slots}
        if len(hosts) > 1:
            raise UnsupportedFeatureError(
                f"the job got its {len(slots)} slots from {len(hosts)} task managers, and channels "
                "between hosts are not there yet; start a task manager with more slots, or lower "
                "the parallelism"
            )
        ((task_manager, instance),) = hosts
        job, job_graph = self._submitted[job_id], self._graphs[job_id]
        workers = RemoteWorkers(self, task_manager, instance, job_id, attempt)
        master = JobMaster(job_graph, len(slots), workers)
        plan = _host_plan(job, job_graph, len(slots), attempt, master.metrics)
        self._running[job_id] = RunningJob(attempt, task_manager, instance, master, len(slots))
        payload = msgspec.msgpack.encode(plan)
        self._tell_host(task_manager, DeployHost(
            instance=instance, job_id=job_id, attempt=attempt, payload=payload
        ))  # fmt: skip

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
        self.host_stopped(job_id, attempt, reason)

    def host_stopped(self, job_id: JobId, attempt: Attempt, reason: str) -> None:
        running = self._present(job_id, attempt)
        if running is None:
            return
        text = reason or "the workers are gone"

        def lose() -> None:
            for worker in range(running.num_workers):
                running.master.handle(worker, Lost(text))

        self._follow(job_id, running, lose)

    def host_says(self, job_id: JobId, attempt: Attempt, payload: bytes) -> None:
        running = self._present(job_id, attempt)
        if running is None:
            return
        said = self._decode(payload)
        message = said.message if isinstance(said, WorkerSaid) else Lost(said.text)
        if isinstance(message, Output):
            self._on_output(job_id, message)
        else:
            error = message.error if isinstance(message, Failed) else None
            self._follow(
                job_id, running, lambda: running.master.handle(said.worker, message), error
            )

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

    def tell_worker(
        self, task_manager: TaskManagerId, instance: int, key: tuple[JobId, Attempt], order: Any
    ) -> None:
        """Send something to the workers of a host."""
        payload = msgspec.msgpack.encode(order)
        self._tell_host(
            task_manager,
            ForWorkers(instance=instance, job_id=key[0], attempt=key[1], payload=payload),
        )

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
        self._tell_host(
            running.task_manager,
            StopHost(instance=running.instance, job_id=job_id, attempt=running.attempt),
        )
        figures = running.master.metrics.figures()
        self._report(
            jobs.JobEnded(self._now_ms(), job_id, running.attempt, status, reason, figures)
        )


class RemoteWorkers:
    """The workers of a job as its master reaches them: through their task manager."""

    def __init__(
        self,
        runner: MasterRunner,
        task_manager: TaskManagerId,
        instance: int,
        job_id: JobId,
        attempt: Attempt,
    ) -> None:
        self._runner = runner
        self._where = (task_manager, instance, (job_id, attempt))

    def send(self, worker: int, message: ToWorker, descriptors: Sequence[int] = ()) -> None:
        self._runner.tell_worker(*self._where, TellWorker(worker, message))

    def kill(self, worker: int) -> None:
        self._runner.tell_worker(*self._where, KillWorker(worker))

    def release(self, worker: int) -> None:
        self._runner.tell_worker(*self._where, ReleaseWorker(worker))


def _host_plan(
    job: SubmitJob, job_graph: JobGraph, num_workers: int, attempt: int, metrics: JobMetrics
) -> HostPlan:
    """Work out what the workers of a job on one host are told."""
    from flinkette.cluster.worker_process import collecting_sinks

    if collecting_sinks(job_graph):
        raise UnsupportedFeatureError(
            "execute_and_collect() brings rows to the client, which jobs on a cluster do not do "
            "yet; write them to a sink, or run the job on this machine"
        )
    graph = ExecutionGraph(job_graph)
    slots = -(-graph.required_slots // num_workers)
    offers = [WorkerOffer(number, "localhost", slots) for number in range(num_workers)]
    placed = place(graph, offers, job.strategy)
    metrics.placed(placed, offers)
    placement = placed.worker_of
    channels = [
        PlannedChannel(
            each.edge,
            each.sender.vertex,
            each.sender.index,
            placement[each.sender],
            each.receiver.vertex,
            each.receiver.index,
            placement[each.receiver],
        )
        for each in graph.channels()
        if placement[each.sender] != placement[each.receiver]
    ]
    deploys = [
        msgspec.structs.replace(
            deploy_message(job_graph, placement, worker, Dependencies([]), attempt),
            import_path=job.import_path,
            folder=job.folder,
            environment={},
        )
        for worker in range(num_workers)
    ]
    ring_bytes = ring_channel_bytes(max(1, len(channels)), job.ring_budget_bytes)
    return HostPlan(num_workers, channels, ring_bytes, list(deploys), job.program, job.dependencies)


def _job_id(text: str) -> JobId:
    from flinkette.cluster.identifiers import JobId

    return JobId(text)


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__
