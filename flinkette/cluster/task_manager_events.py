"""What a task manager hears and what it does; see `task_manager_machine`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flinkette.cluster.identifiers import AllocationId, Attempt, JobId
from flinkette.cluster.resource_events import SlotReport

__all__ = [
    "DeployOrdered",
    "Dismissed",
    "Exit",
    "HeartbeatRequested",
    "HostStopped",
    "LeaveRequested",
    "MessageForJob",
    "MessageFromJob",
    "RegistrationAccepted",
    "RegistrationRefused",
    "RelayToMaster",
    "RelayToWorkers",
    "SendGoodbye",
    "SendHeartbeatAnswer",
    "SendHostStopped",
    "SendRegistration",
    "SendSlotAllocated",
    "SendSlotFreed",
    "SendSlotRefused",
    "SlotUnwanted",
    "SlotWanted",
    "StartHost",
    "Started",
    "StopHost",
    "StopHostOrdered",
    "TaskManagerEvent",
    "TaskManagerInstruction",
    "TaskManagerTick",
]


@dataclass(frozen=True)
class Started:
    """The process is up."""

    now_ms: int


@dataclass(frozen=True)
class RegistrationAccepted:
    """The JobManager takes this task manager in."""

    now_ms: int
    session: int
    instance: int


@dataclass(frozen=True)
class RegistrationRefused:
    """The JobManager does not want this task manager, and never will."""

    now_ms: int
    session: int
    reason: str


@dataclass(frozen=True)
class HeartbeatRequested:
    """The JobManager lives and asks whether this task manager does."""

    now_ms: int
    instance: int


@dataclass(frozen=True)
class Dismissed:
    """The JobManager does not know this registration any more."""

    now_ms: int
    instance: int
    reason: str


@dataclass(frozen=True)
class SlotWanted:
    """Hold a slot for a job attempt."""

    now_ms: int
    instance: int
    slot: int
    allocation: AllocationId
    job_id: JobId
    attempt: Attempt


@dataclass(frozen=True)
class SlotUnwanted:
    """Clear a slot."""

    now_ms: int
    instance: int
    slot: int
    allocation: AllocationId


@dataclass(frozen=True)
class DeployOrdered:
    """The job's master wants its workers of this host; `payload` is for the worker pool."""

    now_ms: int
    instance: int
    job_id: JobId
    attempt: Attempt
    payload: bytes = b""


@dataclass(frozen=True)
class StopHostOrdered:
    """The job's master wants its workers of this host gone."""

    now_ms: int
    instance: int
    job_id: JobId
    attempt: Attempt


@dataclass(frozen=True)
class MessageForJob:
    """The job's master says something to its workers of this host."""

    now_ms: int
    instance: int
    job_id: JobId
    attempt: Attempt
    payload: bytes


@dataclass(frozen=True)
class MessageFromJob:
    """Workers of this host say something to their job's master."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    payload: bytes


@dataclass(frozen=True)
class HostStopped:
    """All processes of a job attempt on this host are gone."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    reason: str = ""


@dataclass(frozen=True)
class LeaveRequested:
    """The process is to end: a signal, or the command line."""

    now_ms: int
    reason: str


@dataclass(frozen=True)
class TaskManagerTick:
    """Time has passed; due at `next_deadline_ms` of the state at the latest."""

    now_ms: int


TaskManagerEvent: TypeAlias = (
    Started
    | RegistrationAccepted
    | RegistrationRefused
    | HeartbeatRequested
    | Dismissed
    | SlotWanted
    | SlotUnwanted
    | DeployOrdered
    | StopHostOrdered
    | MessageForJob
    | MessageFromJob
    | HostStopped
    | LeaveRequested
    | TaskManagerTick
)


@dataclass(frozen=True)
class SendRegistration:
    """Ask the JobManager to take this task manager in."""

    session: int
    slots: int


@dataclass(frozen=True)
class SendHeartbeatAnswer:
    """Tell the JobManager that this task manager lives, and what is on its slots."""

    instance: int
    report: SlotReport


@dataclass(frozen=True)
class SendSlotAllocated:
    """Tell the resource manager that a slot is held."""

    instance: int
    slot: int
    allocation: AllocationId
    version: int


@dataclass(frozen=True)
class SendSlotRefused:
    """Tell the resource manager why a slot is not held."""

    instance: int
    slot: int
    allocation: AllocationId
    version: int
    reason: str


@dataclass(frozen=True)
class SendSlotFreed:
    """Tell the resource manager that a slot is clear."""

    instance: int
    slot: int
    allocation: AllocationId
    version: int


@dataclass(frozen=True)
class SendGoodbye:
    """Tell the JobManager that this task manager leaves."""

    instance: int
    reason: str


@dataclass(frozen=True)
class SendHostStopped:
    """Tell the job's master that none of its workers is left on this host."""

    instance: int
    job_id: JobId
    attempt: Attempt
    reason: str


@dataclass(frozen=True)
class StartHost:
    """Start the workers of a job attempt on these slots; answer with `HostStopped` at the end."""

    job_id: JobId
    attempt: Attempt
    slots: tuple[int, ...]
    payload: bytes


@dataclass(frozen=True)
class StopHost:
    """Stop the workers of a job attempt, by force if they do not; answer with `HostStopped`."""

    job_id: JobId
    attempt: Attempt
    reason: str


@dataclass(frozen=True)
class RelayToWorkers:
    """Hand a message of the job's master to its workers."""

    job_id: JobId
    attempt: Attempt
    payload: bytes


@dataclass(frozen=True)
class RelayToMaster:
    """Hand a message of workers to their job's master."""

    instance: int
    job_id: JobId
    attempt: Attempt
    payload: bytes


@dataclass(frozen=True)
class Exit:
    """End the process; `is_failure` decides its exit code."""

    reason: str
    is_failure: bool


TaskManagerInstruction: TypeAlias = (
    SendRegistration
    | SendHeartbeatAnswer
    | SendSlotAllocated
    | SendSlotRefused
    | SendSlotFreed
    | SendGoodbye
    | SendHostStopped
    | StartHost
    | StopHost
    | RelayToWorkers
    | RelayToMaster
    | Exit
)
