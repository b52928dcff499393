"""What JobManager, task managers and clients tell each other over ZeroMQ.

A field is added with a default and never renamed. Fields of messages that become events of a
machine have the names of the event's.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import msgspec

from flinkette.cluster import resource_events, task_manager_events
from flinkette.cluster.messages import RowsOfWorker
from flinkette.metrics.figures import JobFigures

__all__ = [
    "ORDERS",
    "REPORTS",
    "FromJobManager",
    "HeartbeatReport",
    "ToJobManager",
    "as_event",
]

T = TypeVar("T")


class Control(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Any message."""


class Report(Control, frozen=True, kw_only=True):
    """From a task manager; `instance` is its registration, 0 if it has none."""

    task_manager: str
    instance: int = 0


class Registration(Report, frozen=True, kw_only=True):
    """Take me in."""

    session: int
    slots: int
    host: str
    process: int = 0


class HeartbeatReport(Report, frozen=True, kw_only=True):
    """I live; this is on my slots."""

    version: int
    allocations: list[int | None]


class SlotAllocated(Report, frozen=True, kw_only=True):
    """A slot is held."""

    slot: int
    allocation: int
    version: int


class SlotRefused(Report, frozen=True, kw_only=True):
    """A slot is not held."""

    slot: int
    allocation: int
    version: int
    reason: str


class SlotFreed(Report, frozen=True, kw_only=True):
    """A slot is clear."""

    slot: int
    allocation: int
    version: int


class Goodbye(Report, frozen=True, kw_only=True):
    """I leave."""

    reason: str


class HostStopped(Report, frozen=True, kw_only=True):
    """None of a job's workers is left here."""

    job_id: str
    attempt: int
    reason: str = ""


class FromWorkers(Report, frozen=True, kw_only=True):
    """Workers say something to their job's master; see `job_messages`."""

    job_id: str
    attempt: int
    payload: bytes


class SubmitJob(Control, frozen=True, kw_only=True):
    """Run a program; `is_attached`: stop it when this connection ends."""

    job_id: str
    name: str
    program: bytes
    import_path: list[str] = []
    folder: str = ""
    """Working directory of user functions, on hosts that have it."""
    dependencies: dict[str, str] = {}
    """The keys `python.files`, `python.requirements`, `python.archives`."""
    priority: int = 0
    share_group: str = ""
    is_attached: bool = False
    strategy: str = "greedy"
    ring_budget_bytes: int = 64 << 20
    arguments: list[str] = []
    """`sys.argv` of the program."""


class StopJob(Control, frozen=True, kw_only=True):
    """End the sources of a job where they are."""

    job_id: str


class CancelJob(Control, frozen=True, kw_only=True):
    """End a job."""

    job_id: str


class ListJobs(Control, frozen=True, kw_only=True):
    """Ask which jobs there are."""


class DescribeJob(Control, frozen=True, kw_only=True):
    """Ask what is known of a job."""

    job_id: str


class MeasureJob(Control, frozen=True, kw_only=True):
    """Ask what the operators of a job did."""

    job_id: str


class DescribeCluster(Control, frozen=True, kw_only=True):
    """Ask how the cluster is."""


class FetchRows(Control, frozen=True, kw_only=True):
    """Ask for rows of an attached job's collecting sinks; the answer may take a moment."""

    job_id: str


class StopCluster(Control, frozen=True, kw_only=True):
    """End the JobManager and all task managers."""


class Accepted(Control, frozen=True, kw_only=True):
    """You are registered."""

    session: int
    instance: int


class Refused(Control, frozen=True, kw_only=True):
    """You will not be registered."""

    session: int
    reason: str


class Dismissed(Control, frozen=True, kw_only=True):
    """You are not registered any more."""

    instance: int
    reason: str


class Heartbeat(Control, frozen=True, kw_only=True):
    """Ask for a sign of life."""

    instance: int


class SlotWanted(Control, frozen=True, kw_only=True):
    """Hold a slot."""

    instance: int
    slot: int
    allocation: int
    job_id: str
    attempt: int


class SlotUnwanted(Control, frozen=True, kw_only=True):
    """Clear a slot."""

    instance: int
    slot: int
    allocation: int


class DeployHost(Control, frozen=True, kw_only=True):
    """Start workers for a job; `payload` is a `job_messages.HostPlan`."""

    instance: int
    job_id: str
    attempt: int
    payload: bytes


class StopHost(Control, frozen=True, kw_only=True):
    """Stop a job's workers."""

    instance: int
    job_id: str
    attempt: int


class ForWorkers(Control, frozen=True, kw_only=True):
    """The master says something to workers; see `job_messages`."""

    instance: int
    job_id: str
    attempt: int
    payload: bytes


class Shutdown(Control, frozen=True, kw_only=True):
    """The cluster ends."""

    reason: str


class Done(Control, frozen=True, kw_only=True):
    """It is done, or has begun; `text` is for people."""

    text: str = ""


class JobLine(msgspec.Struct, frozen=True):
    """One job of a list."""

    job_id: str
    name: str
    status: str
    submitted_ms: int
    slots: int
    detail: str = ""
    started_ms: int | None = None
    ended_ms: int | None = None
    rows_in: int = 0
    rows_out: int = 0


class JobList(Control, frozen=True, kw_only=True):
    """All jobs that are remembered, in the order of submission."""

    jobs: list[JobLine]


class JobMeasured(Control, frozen=True, kw_only=True):
    """What a job's operators did so far, or until it was over."""

    job: JobLine
    figures: JobFigures
    waited_ms: int = 0
    """Time in the queue."""
    now_ms: int = 0
    """The JobManager's clock, that of the times in `job`."""


class TaskManagerLine(msgspec.Struct, frozen=True):
    """One task manager."""

    task_manager: str
    host: str
    process: int
    slots: int
    free: int
    silent_ms: int


class ClusterStatus(Control, frozen=True, kw_only=True):
    """The cluster at a glance."""

    process: int
    started_ms: int
    total_slots: int
    free_slots: int
    task_managers: list[TaskManagerLine]
    jobs: list[JobLine]


class JobRows(Control, frozen=True, kw_only=True):
    """The next rows, perhaps none now; `is_over`: none will come."""

    frames: list[RowsOfWorker]
    is_over: bool = False


class JobOutput(Control, frozen=True, kw_only=True):
    """User code of an attached job printed something."""

    job_id: str
    is_error: bool
    text: str


class JobChanged(Control, frozen=True, kw_only=True):
    """An attached job has another state, or its rows were counted."""

    job_id: str
    status: str
    detail: str = ""
    rows_in: int = 0
    rows_out: int = 0
    watermark_ms: int | None = None
    error: bytes | None = None
    """Why it failed, see `remote_errors`."""


class Knock(Control, frozen=True, kw_only=True):
    """See whether the connection is there; needs no answer."""


REPORTS: dict[type, type] = {
    Registration: resource_events.RegisterTaskManager,
    SlotAllocated: resource_events.SlotAllocated,
    SlotRefused: resource_events.SlotRefused,
    SlotFreed: resource_events.SlotFreed,
    Goodbye: resource_events.TaskManagerLeft,
}
"""What the resource manager hears of a task manager's message."""
ORDERS: dict[type, type] = {
    Accepted: task_manager_events.RegistrationAccepted,
    Refused: task_manager_events.RegistrationRefused,
    Dismissed: task_manager_events.Dismissed,
    Heartbeat: task_manager_events.HeartbeatRequested,
    SlotWanted: task_manager_events.SlotWanted,
    SlotUnwanted: task_manager_events.SlotUnwanted,
    DeployHost: task_manager_events.DeployOrdered,
    StopHost: task_manager_events.StopHostOrdered,
    ForWorkers: task_manager_events.MessageForJob,
}
"""What a task manager's machine hears of the JobManager's message."""

ToJobManager = (
    Registration
    | HeartbeatReport
    | SlotAllocated
    | SlotRefused
    | SlotFreed
    | Goodbye
    | HostStopped
    | FromWorkers
    | SubmitJob
    | StopJob
    | CancelJob
    | ListJobs
    | DescribeJob
    | MeasureJob
    | DescribeCluster
    | FetchRows
    | StopCluster
)
FromJobManager = (
    Accepted
    | Refused
    | Dismissed
    | Heartbeat
    | SlotWanted
    | SlotUnwanted
    | DeployHost
    | StopHost
    | ForWorkers
    | Shutdown
    | Done
    | JobList
    | JobMeasured
    | ClusterStatus
    | JobRows
    | JobOutput
    | JobChanged
    | Knock
)


def as_event(kind: type[T], message: Any, **more: Any) -> T:
    """Make a machine's event, or another message, of one with fields of the same names."""
    names = (each.name for each in fields(kind))  # type: ignore[arg-type]
    return kind(**{name: more[name] if name in more else getattr(message, name) for name in names})
