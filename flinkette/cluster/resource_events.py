"""What the resource manager hears and what it orders; see `resource_manager_machine`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flinkette.cluster.identifiers import AllocationId, Attempt, JobId, SlotAddress, TaskManagerId

__all__ = [
    "AcceptRegistration",
    "AllocateSlot",
    "DismissTaskManager",
    "FreeSlot",
    "GrantSlots",
    "HeartbeatAnswered",
    "RefuseRegistration",
    "RefuseSlots",
    "RegisterTaskManager",
    "ReportSlotCounts",
    "ReportSlotsLost",
    "ResourceEvent",
    "ResourceInstruction",
    "ResourceTick",
    "SendHeartbeat",
    "SlotAllocated",
    "SlotFreed",
    "SlotRefused",
    "SlotReport",
    "SlotsReleased",
    "SlotsRequested",
    "TaskManagerLeft",
]


@dataclass(frozen=True)
class SlotReport:
    """What a task manager says of all its slots.

    Attributes
    ----------
    version : int
        Grows with each change at the task manager: what is older than the last word is dropped.
    allocations : tuple
        By slot: the grant that holds it, None if it is free.
    """

    version: int
    allocations: tuple[AllocationId | None, ...]


@dataclass(frozen=True)
class RegisterTaskManager:
    """A task manager is there, with all its slots free.

    `session` grows each time it begins anew: the same one again means that the answer was lost.
    """

    now_ms: int
    task_manager: TaskManagerId
    session: int
    slots: int
    host: str = ""


@dataclass(frozen=True)
class TaskManagerLeft:
    """A task manager says goodbye, or its connection is known to be gone."""

    now_ms: int
    task_manager: TaskManagerId
    instance: int
    reason: str


@dataclass(frozen=True)
class HeartbeatAnswered:
    """A task manager lives."""

    now_ms: int
    task_manager: TaskManagerId
    instance: int
    report: SlotReport


@dataclass(frozen=True)
class SlotAllocated:
    """A task manager holds a slot for a job."""

    now_ms: int
    task_manager: TaskManagerId
    instance: int
    slot: int
    allocation: AllocationId
    version: int


@dataclass(frozen=True)
class SlotRefused:
    """A task manager cannot give a slot, for what it held at `version`."""

    now_ms: int
    task_manager: TaskManagerId
    instance: int
    slot: int
    allocation: AllocationId
    version: int
    reason: str


@dataclass(frozen=True)
class SlotFreed:
    """Nothing of the job is left on a slot."""

    now_ms: int
    task_manager: TaskManagerId
    instance: int
    slot: int
    allocation: AllocationId
    version: int


@dataclass(frozen=True)
class SlotsRequested:
    """The dispatcher wants slots for a job, all or none."""

    now_ms: int
    job_id: JobId
    attempt: Attempt
    count: int


@dataclass(frozen=True)
class SlotsReleased:
    """A job attempt needs its slots no more, also those it only asked for."""

    now_ms: int
    job_id: JobId
    attempt: Attempt


@dataclass(frozen=True)
class ResourceTick:
    """Time has passed; due at `next_deadline_ms` of the state at the latest."""

    now_ms: int


ResourceEvent: TypeAlias = (
    RegisterTaskManager
    | TaskManagerLeft
    | HeartbeatAnswered
    | SlotAllocated
    | SlotRefused
    | SlotFreed
    | SlotsRequested
    | SlotsReleased
    | ResourceTick
)


@dataclass(frozen=True)
class AcceptRegistration:
    """Tell a task manager that it belongs to the cluster now, under this instance."""

    task_manager: TaskManagerId
    session: int
    instance: int


@dataclass(frozen=True)
class RefuseRegistration:
    """Tell a task manager why it cannot join; it does not try again."""

    task_manager: TaskManagerId
    session: int
    reason: str


@dataclass(frozen=True)
class DismissTaskManager:
    """Tell a task manager that it does not belong any more: stop everything, register anew."""

    task_manager: TaskManagerId
    instance: int
    reason: str


@dataclass(frozen=True)
class SendHeartbeat:
    """Ask a task manager for a sign of life."""

    task_manager: TaskManagerId
    instance: int


@dataclass(frozen=True)
class AllocateSlot:
    """Have a task manager hold a slot for a job; sent again if the answer does not come."""

    task_manager: TaskManagerId
    instance: int
    slot: int
    allocation: AllocationId
    job_id: JobId
    attempt: Attempt


@dataclass(frozen=True)
class FreeSlot:
    """Have a task manager clear a slot; it answers when nothing of the job is left."""

    task_manager: TaskManagerId
    instance: int
    slot: int
    allocation: AllocationId


@dataclass(frozen=True)
class GrantSlots:
    """Tell the dispatcher that a job has all its slots."""

    job_id: JobId
    attempt: Attempt
    slots: tuple[SlotAddress, ...]


@dataclass(frozen=True)
class RefuseSlots:
    """Tell the dispatcher that a job does not get its slots; `ReportSlotCounts` follows."""

    job_id: JobId
    attempt: Attempt
    reason: str


@dataclass(frozen=True)
class ReportSlotsLost:
    """Tell the dispatcher that slots a job was granted are gone."""

    job_id: JobId
    attempt: Attempt
    slots: tuple[SlotAddress, ...]
    reason: str


@dataclass(frozen=True)
class ReportSlotCounts:
    """Tell the dispatcher how many slots there are."""

    total: int
    free: int


ResourceInstruction: TypeAlias = (
    AcceptRegistration
    | RefuseRegistration
    | DismissTaskManager
    | SendHeartbeat
    | AllocateSlot
    | FreeSlot
    | GrantSlots
    | RefuseSlots
    | ReportSlotsLost
    | ReportSlotCounts
)
