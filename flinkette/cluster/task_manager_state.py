"""What a task manager knows: its registration, its slots, the jobs that run on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from flinkette.cluster.identifiers import AllocationId, Attempt, JobId
from flinkette.cluster.resource_events import SlotReport

__all__ = ["HeldSlot", "TaskManagerOptions", "TaskManagerPhase", "TaskManagerState"]


class TaskManagerPhase(Enum):
    """Where a task manager is in its life."""

    CLEARING = "clearing"
    """It stops the workers of its last registration."""
    REGISTERING = "registering"
    """It asks the JobManager to take it in."""
    REGISTERED = "registered"
    """It belongs to the cluster."""
    LEAVING = "leaving"
    """It stops its workers to end."""
    GONE = "gone"
    """The process is to end."""


@dataclass(frozen=True)
class HeldSlot:
    """A slot that is held for a job attempt; `is_unwanted`: free when the workers are gone."""

    allocation: AllocationId
    job_id: JobId
    attempt: Attempt
    is_unwanted: bool = False


@dataclass(frozen=True)
class TaskManagerOptions:
    """What does not change.

    Attributes
    ----------
    slots : int
        `taskmanager.numberOfTaskSlots`.
    heartbeat_timeout_ms : int
        `heartbeat.timeout`: silence after which the JobManager is lost.
    first_retry_ms, longest_retry_ms : int
        `cluster.registration.initial-timeout` and `max-timeout`; the wait doubles in between.
    registration_timeout_ms : int
        `taskmanager.registration.timeout`: how long it tries before the process ends.
    """

    slots: int = 1
    heartbeat_timeout_ms: int = 50_000
    first_retry_ms: int = 100
    longest_retry_ms: int = 30_000
    registration_timeout_ms: int = 300_000


@dataclass(frozen=True)
class TaskManagerState:
    """All a task manager knows.

    Attributes
    ----------
    session : int
        How often it began to register.
    instance : int
        Its registration at the JobManager; 0: none.
    version : int
        Of the slot table, grows with each change.
    hosts : mapping
        Job attempts with workers here, and whether they were told to stop.
    """

    options: TaskManagerOptions = field(default_factory=TaskManagerOptions)
    phase: TaskManagerPhase = TaskManagerPhase.CLEARING
    session: int = 0
    instance: int = 0
    retry_ms: int = 0
    next_try_ms: int = 0
    give_up_ms: int = 0
    heard_ms: int = 0
    version: int = 0
    slots: tuple[HeldSlot | None, ...] = ()
    hosts: Mapping[tuple[JobId, Attempt], bool] = field(default_factory=dict)
    reason: str = ""

    @property
    def report(self) -> SlotReport:
        """What is on the slots."""
        return SlotReport(
            self.version, tuple(slot.allocation if slot else None for slot in self.slots)
        )

    def with_slot(self, index: int, slot: HeldSlot | None) -> TaskManagerState:
        """Return the state with one slot changed."""
        slots = (*self.slots[:index], slot, *self.slots[index + 1 :])
        return replace(self, slots=slots, version=self.version + 1)

    def slots_of(self, job_id: JobId, attempt: Attempt) -> list[int]:
        """Return the indices of the slots held for a job attempt."""
        return [
            index
            for index, slot in enumerate(self.slots)
            if slot is not None and (slot.job_id, slot.attempt) == (job_id, attempt)
        ]
