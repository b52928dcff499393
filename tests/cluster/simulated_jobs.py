"""Jobs of the simulated cluster: the real job machine, and workers that are a few lines each.

Words between them travel over the wires of their hosts: `listen 3`, `run 3` one way, `reached 3
LISTENING`, `lost 3` the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.cluster import dispatcher_events as jobs
from flinkette.cluster import task_manager_events as hosts
from flinkette.cluster.identifiers import Attempt, JobId, SlotAddress, TaskManagerId
from flinkette.cluster.job_deployment import JobHost, hosts_of
from flinkette.cluster.job_machine import (
    CancelWanted,
    Event,
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
from flinkette.contracts.job import JobStatus

if TYPE_CHECKING:
    from cluster.simulated_cluster import Host, SimulatedCluster

STOP_TIMEOUT_MS = 5_000
STATUS = {
    JobPhase.FINISHED: JobStatus.FINISHED,
    JobPhase.FAILED: JobStatus.FAILED,
    JobPhase.CANCELED: JobStatus.CANCELED,
}
PHASES = (JobPhase.LISTENING, JobPhase.DEPLOYING, JobPhase.RUNNING, JobPhase.COMMITTING)
DONE_BEFORE = {"run": JobPhase.DEPLOYING, "commit": JobPhase.RUNNING}
"""What every worker of a job has done before one of them hears a word."""


class Workers:
    """The workers of one job attempt on one host."""

    def __init__(
        self, host: Host, job_id: JobId, attempt: Attempt, slots: tuple[int, ...], payload: bytes
    ) -> None:
        self.host = host
        self.key = (job_id, attempt)
        self.slots = slots
        self.alive = {int(number) for number in payload.split()}
        self.reached: dict[int, JobPhase] = {}

    def hear(self, text: str) -> None:
        word, number = text.split()
        worker, random = int(number), self.host.cluster.random
        if worker not in self.alive:
            return
        if word in DONE_BEFORE:
            self.host.cluster.check_progress(self.key, DONE_BEFORE[word])
        if word == "listen":
            self.after(50, worker, f"reached {worker} LISTENING")
        elif word == "deploy":
            self.after(200, worker, f"reached {worker} DEPLOYING")
        elif word == "run":
            self.run(worker, random.random())
        elif word == "commit":
            self.after(100, worker, f"reached {worker} COMMITTING", is_end=True)
        elif word == "cancel" and random.random() < 0.9:  # else a function does not return
            self.after(300, worker, f"closed {worker}")
        elif word == "kill":
            self.end(worker)

    def run(self, worker: int, luck: float) -> None:
        if luck < 0.05:
            self.after(20_000, worker, f"failed {worker}", f"closed {worker}")
        elif luck < 0.08:  # killed by the system
            self.after(20_000, worker, f"lost {worker}", is_end=True)
        else:
            self.after(20_000, worker, f"reached {worker} RUNNING")

    def after(self, longest_ms: int, worker: int, *texts: str, is_end: bool = False) -> None:
        """Say something later, if the worker is still there then."""

        def act() -> None:
            if worker not in self.alive:
                return
            for text in texts:
                self.say(text)
            if is_end or texts[-1].startswith("closed"):
                self.end(worker)

        self.host.cluster.time.after(self.host.cluster.random.randint(0, longest_ms), act)

    def say(self, text: str) -> None:
        if text.startswith("reached"):
            _, worker, phase = text.split()
            self.reached[int(worker)] = JobPhase[phase]
        now_ms = self.host.cluster.time.now_ms
        self.host.tell(hosts.MessageFromJob(now_ms, *self.key, text.encode()))

    def end(self, worker: int) -> None:
        self.alive.discard(worker)
        if self.reached.get(worker) is not JobPhase.COMMITTING:
            self.host.cluster.break_links(self)
        if not self.alive:
            self.host.workers_gone(*self.key)

    def lose_link(self) -> None:
        """Have the other side of connections gone: the workers fail of that, sooner or later."""
        for worker in self.alive:
            if self.reached.get(worker) is JobPhase.DEPLOYING:
                self.after(10_000, worker, f"broken {worker}", f"closed {worker}")


class Master:
    """A job's master in the JobManager: what `JobMaster` and `MasterRunner` do, without waiting."""

    def __init__(
        self,
        cluster: SimulatedCluster,
        job_id: JobId,
        attempt: Attempt,
        slots: tuple[SlotAddress, ...],
    ) -> None:
        self.cluster = cluster
        self.key = (job_id, attempt)
        self.hosts = hosts_of(slots)
        self.host_of = {worker: host for host in self.hosts for worker in host.workers}
        last = self.hosts[-1]
        # of two workers the lower one listens
        self.listeners = [worker for worker, host in self.host_of.items() if host is not last]
        self.state = JobState.start(len(self.host_of), self.listeners)
        self.reasons: list[tuple[str, str]] = []

    def begin(self) -> None:
        for host in self.hosts:
            numbers = " ".join(map(str, host.workers)).encode()
            self.order(host, lambda now, host=host, numbers=numbers: hosts.DeployOrdered(
                now, host.instance, *self.key, numbers
            ))  # fmt: skip
        if self.listeners:
            for worker in self.listeners:
                self.tell(worker, "listen")
        else:
            self.tell_all("deploy")

    def order(self, host: JobHost, make) -> None:
        self.cluster.to_host(host.task_manager, host.instance, make)

    def tell(self, worker: int, word: str) -> None:
        host = self.host_of[worker]
        text = f"{word} {worker}".encode()
        self.order(host, lambda now: hosts.MessageForJob(now, host.instance, *self.key, text))

    def tell_all(self, word: str) -> None:
        for worker in sorted(self.state.alive):
            self.tell(worker, word)

    def hear(self, text: str) -> None:
        """Take a word of a worker."""
        word, number, *phase = text.split()
        worker = int(number)
        where = self.host_of[worker].task_manager
        if word == "reached":
            self.apply(WorkerReached(worker, JobPhase[phase[0]]))
        elif word == "closed":
            self.apply(WorkerClosed(worker))
        elif word == "lost":
            self.apply(WorkerLost(worker), word, f"worker {worker} is gone, on {where}")
        else:
            is_consequence = word == "broken"
            self.apply(WorkerFailed(worker, is_consequence), word, "a function raised")

    def lose(self, name: TaskManagerId, instances: set[int], reason: str) -> None:
        """Take note that nothing is left on a host."""
        for host in self.hosts:
            if host.task_manager == name and host.instance in instances:
                for worker in host.workers:
                    self.apply(WorkerLost(worker), "lost", reason)

    def cancel(self) -> None:
        self.apply(CancelWanted())

    def apply(self, event: Event, kind: str = "", reason: str = "") -> None:
        before = self.state
        self.state, instructions = advance(before, event)
        if self.state.num_failures > before.num_failures:
            self.reasons.append((kind, reason))
        for instruction in instructions:
            if isinstance(instruction, Kill):
                for worker in instruction.workers:
                    self.tell(worker, "kill")
            else:
                self.tell_all({Tell.DEPLOY: "deploy", Tell.RUN: "run"}.get(
                    instruction, "commit" if instruction is Tell.COMMIT else "cancel"
                ))  # fmt: skip
        if self.state.phase is not before.phase:
            self.tell_dispatcher(before.phase)

    def tell_dispatcher(self, before: JobPhase) -> None:
        phase, cluster = self.state.phase, self.cluster
        now_ms = cluster.time.now_ms
        if before is JobPhase.DEPLOYING and phase is JobPhase.RUNNING:
            cluster.tell_dispatcher(jobs.JobStarted(now_ms, *self.key))
        if before is not JobPhase.STOPPING and phase in (JobPhase.STOPPING, JobPhase.FAILED):
            if self.state.reason is not None:
                cluster.tell_dispatcher(jobs.JobFailing(now_ms, *self.key, self.reason))
            cluster.time.after(STOP_TIMEOUT_MS, lambda: self.apply(Overdue(), "late", "no answer"))
        if phase.is_final:
            for host in self.hosts:
                self.order(host, lambda now, host=host: hosts.StopHostOrdered(
                    now, host.instance, *self.key
                ))  # fmt: skip
            self.check_reason()
            cluster.job_ends(self.key, STATUS[phase], self.reason)

    @property
    def reason(self) -> str:
        return "" if self.state.reason is None else self.reasons[self.state.reason][1]

    def check_reason(self) -> None:
        """A lost worker explains the job's end, else what a function raised, else silence."""
        if self.state.reason is None:
            return
        kinds = [kind for kind, _ in self.reasons]
        best = next(kind for kind in ("lost", "failed", "late", "broken") if kind in kinds)
        assert self.reasons[self.state.reason][0] == best, self.reasons
        if best == "lost":
            assert any(host.task_manager in self.reason for host in self.hosts), self.reason
