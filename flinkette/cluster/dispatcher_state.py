"""What the dispatcher knows: jobs, their phases, the numbers of slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from flinkette.cluster.dispatcher_events import JobSummary
from flinkette.cluster.identifiers import Attempt, JobId, SlotAddress
from flinkette.contracts.job import JobStatus
from flinkette.metrics.figures import JobFigures

__all__ = ["DispatcherOptions", "DispatcherState", "Job", "JobPhase", "summary_of"]


class JobPhase(Enum):
    """Where a job is on its way through the dispatcher."""

    PLANNING = "planning"
    """Its execution plan is being made."""
    QUEUED = "queued"
    """It waits for slots, for the first time or to start anew."""
    ALLOCATING = "allocating"
    """The resource manager was asked for its slots."""
    STARTING = "starting"
    """Its subtasks are being put on their slots."""
    RUNNING = "running"
    """All its subtasks run."""
    FAILING = "failing"
    """It failed and its subtasks are being stopped."""
    CANCELLING = "cancelling"
    """It was cancelled and its subtasks are being stopped."""
    FINISHED = "finished"
    """It came to its end."""
    FAILED = "failed"
    """It ended with an error."""
    CANCELED = "canceled"
    """It ended because it was cancelled."""

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more happens to the job."""
        return self in _OVER

    @property
    def is_deployed(self) -> bool:
        """Tell whether its subtasks are on slots, or may be."""
        return self in _DEPLOYED


_FIRST = Attempt(1)
_OVER = frozenset({JobPhase.FINISHED, JobPhase.FAILED, JobPhase.CANCELED})
_DEPLOYED = frozenset({JobPhase.STARTING, JobPhase.RUNNING, JobPhase.FAILING, JobPhase.CANCELLING})
_STATUS = {
    JobPhase.RUNNING: JobStatus.RUNNING,
    JobPhase.FAILING: JobStatus.FAILING,
    JobPhase.CANCELLING: JobStatus.CANCELLING,
    JobPhase.FINISHED: JobStatus.FINISHED,
    JobPhase.FAILED: JobStatus.FAILED,
    JobPhase.CANCELED: JobStatus.CANCELED,
}


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes
    ----------
    sequence : int
        Place in the order of submission.
    attempt : int
        How often it was, or is about to be, put on slots.
    slots_needed : int
        Known when it is planned.
    queued_ms : int
        When it began to wait; the time-out counts from `not_before_ms` or here.
    not_before_ms : int
        Earliest time of a restart.
    started_ms : int or None
        When it first ran.
    waited_ms : int
        Time in the queue, all attempts.
    reason : str
        Why it failed, restarts, or was refused slots last.
    """

    job_id: JobId
    name: str
    sequence: int
    submitted_ms: int
    priority: int = 0
    share_group: str = ""
    phase: JobPhase = JobPhase.PLANNING
    attempt: Attempt = _FIRST
    slots_needed: int = 0
    slots: tuple[SlotAddress, ...] = ()
    queued_ms: int = 0
    not_before_ms: int = 0
    started_ms: int | None = None
    ended_ms: int | None = None
    waited_ms: int = 0
    reason: str = ""
    figures: JobFigures = field(default_factory=JobFigures)

    @property
    def status(self) -> JobStatus:
        """The job's state as Flink names it."""
        if self.phase in _STATUS:
            return _STATUS[self.phase]
        return JobStatus.CREATED if self.attempt == 1 else JobStatus.RESTARTING

    @property
    def slots_held(self) -> int:
        """Number of slots the job has or has asked for."""
        is_asking = self.phase is JobPhase.ALLOCATING
        return self.slots_needed if is_asking or self.phase.is_deployed else 0


@dataclass(frozen=True)
class DispatcherOptions:
    """What does not change.

    Attributes
    ----------
    slot_request_timeout_ms : int
        `slot.request.timeout`: how long a job waits for slots before it fails.
    kept_jobs : int
        How many jobs that are over are remembered.
    """

    slot_request_timeout_ms: int = 300_000
    kept_jobs: int = 100


@dataclass(frozen=True)
class DispatcherState:
    """All a dispatcher knows.

    Attributes
    ----------
    jobs : mapping
        By id, in the order of submission.
    total_slots, free_slots : int
        As told by the resource manager, less what was asked for since.
    """

    options: DispatcherOptions = field(default_factory=DispatcherOptions)
    jobs: Mapping[JobId, Job] = field(default_factory=dict)
    total_slots: int = 0
    free_slots: int = 0
    next_sequence: int = 0

    def with_job(self, job: Job) -> DispatcherState:
        """Return the state with one job added or changed."""
        return replace(self, jobs={**self.jobs, job.job_id: job})


def summary_of(job: Job) -> JobSummary:
    """Sum up a job that is over."""
    ended_ms = job.submitted_ms if job.ended_ms is None else job.ended_ms
    return JobSummary(
        job_id=job.job_id,
        name=job.name,
        status=job.status,
        submitted_ms=job.submitted_ms,
        ended_ms=ended_ms,
        waited_ms=job.waited_ms,
        ran_ms=0 if job.started_ms is None else ended_ms - job.started_ms,
        slots=job.slots_needed,
        attempts=job.attempt,
        reason=job.reason,
        figures=job.figures,
    )
