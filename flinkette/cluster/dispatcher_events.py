"""What the dispatcher hears and what it orders; see `dispatcher_machine`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from flinkette.cluster.identifiers import Attempt, JobId, SlotAddress
from flinkette.contracts.job import JobStatus
from flinkette.metrics.figures import JobFigures

__all__ = [
    "CancelJob",
    "CancelRequested",
    "DispatcherEvent",
    "DispatcherInstruction",
    "ForgetJob",
    "JobEnded",
    "JobFailing",
    "JobPlanned",
    "JobRestarting",
    "JobStarted",
    "JobSubmitted",
    "JobSummary",
    "NotifySlotsLost",
    "PlanFailed",
    "PlanJob",
    "PublishStatus",
    "PublishSummary",
    "ReleaseSlots",
    "RequestSlots",
    "SlotCountsChanged",
    "SlotsGranted",
    "SlotsLost",
    "SlotsRefused",
    "StartJob",
    "Tick",
]


@dataclass(frozen=True)
class JobSummary:
    """The whole life of a job that is over."""

    job_id: JobId
    name: str
    status: JobStatus
    submitted_ms: int
    ended_ms: int
    waited_ms: int
    ran_ms: int
    slots: int
    attempts: int
    reason: str = ""
    figures: JobFigures = field(default_factory=JobFigures)


@dataclass(frozen=True)
class JobSubmitted:
    """A client hands over a job; jobs of a higher priority are served first."""

    now_ms: int
    job_id: JobId
    name: str
    priority: int = 0
    share_group: str = ""


@dataclass(frozen=True)
class JobPlanned:
    """A job's execution plan is known."""

    now_ms: int
    job_id: JobId
    slots: int


@dataclass(frozen=True)
class PlanFailed:
    """A job cannot be planned."""

    now_ms: int
    job_id: JobId
    reason: str


@dataclass(frozen=True)
class SlotCountsChanged:
    """The resource manager has another number of slots."""

    now_ms: int
    total: int
    free: int


@dataclass(frozen=True)
class SlotsGranted:
    """All slots asked for are the job's."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    slots: tuple[SlotAddress, ...]


@dataclass(frozen=True)
class SlotsRefused:
    """There are not enough free slots after all; `SlotCountsChanged` follows."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    reason: str


@dataclass(frozen=True)
class SlotsLost:
    """Granted slots are gone."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    slots: tuple[SlotAddress, ...]
    reason: str


@dataclass(frozen=True)
class JobStarted:
    """All subtasks of a job run."""

    now_ms: int
    job_id: JobId
    attempt: Attempt


@dataclass(frozen=True)
class JobFailing:
    """A job failed; its subtasks are being stopped."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    reason: str


@dataclass(frozen=True)
class JobRestarting:
    """A job failed, its subtasks are stopped, and it is to start anew `delay_ms` from now."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    reason: str
    delay_ms: int = 0


@dataclass(frozen=True)
class JobEnded:
    """A job is over and all its subtasks are stopped; `status` is FINISHED, FAILED or CANCELED."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    status: JobStatus
    reason: str = ""
    figures: JobFigures = field(default_factory=JobFigures)


@dataclass(frozen=True)
class CancelRequested:
    """Somebody wants a job to end."""

    now_ms: int
    job_id: JobId


@dataclass(frozen=True)
class Tick:
    """Time has passed; due at `next_deadline_ms` of the state at the latest."""

    now_ms: int


DispatcherEvent: TypeAlias = (
    JobSubmitted
    | JobPlanned
    | PlanFailed
    | SlotCountsChanged
    | SlotsGranted
    | SlotsRefused
    | SlotsLost
    | JobStarted
    | JobFailing
    | JobRestarting
    | JobEnded
    | CancelRequested
    | Tick
)


@dataclass(frozen=True)
class PlanJob:
    """Work out the execution plan; answer with `JobPlanned` or `PlanFailed`."""

    job_id: JobId


@dataclass(frozen=True)
class RequestSlots:
    """Ask the resource manager for slots, all or none."""

    job_id: JobId
    attempt: Attempt
    count: int


@dataclass(frozen=True)
class ReleaseSlots:
    """Give back what a job attempt holds or has asked for."""

    job_id: JobId
    attempt: Attempt


@dataclass(frozen=True)
class StartJob:
    """Put the job on its slots; answer with `JobStarted`, later `JobEnded`."""

    job_id: JobId
    attempt: Attempt
    slots: tuple[SlotAddress, ...]


@dataclass(frozen=True)
class CancelJob:
    """Stop the job; answer with `JobEnded`."""

    job_id: JobId
    attempt: Attempt


@dataclass(frozen=True)
class NotifySlotsLost:
    """Tell the job's master which slots it lost; it answers `JobRestarting` or `JobEnded`."""

    job_id: JobId
    attempt: Attempt
    slots: tuple[SlotAddress, ...]
    reason: str


@dataclass(frozen=True)
class PublishStatus:
    """Tell whoever follows the job."""

    job_id: JobId
    status: JobStatus
    reason: str = ""


@dataclass(frozen=True)
class PublishSummary:
    """Keep and show what became of a job."""

    summary: JobSummary


@dataclass(frozen=True)
class ForgetJob:
    """Drop what is kept of a job that ended long ago."""

    job_id: JobId


DispatcherInstruction: TypeAlias = (
    PlanJob
    | RequestSlots
    | ReleaseSlots
    | StartJob
    | CancelJob
    | NotifySlotsLost
    | PublishStatus
    | PublishSummary
    | ForgetJob
)
