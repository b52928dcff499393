"""What the resource manager knows: task managers, their slots, open requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias

from flinkette.cluster.identifiers import AllocationId, Attempt, JobId, SlotAddress, TaskManagerId

__all__ = [
    "JobAttempt",
    "Place",
    "ResourceOptions",
    "ResourceState",
    "Slot",
    "SlotState",
    "TaskManager",
    "choose_slots",
]

JobAttempt: TypeAlias = tuple[JobId, Attempt]
Place: TypeAlias = tuple[TaskManagerId, int]
"""A task manager and the index of one of its slots."""


class SlotState(Enum):
    """What is known of a slot."""

    FREE = "free"
    """Nobody has it; the only state from which it is given away."""
    PENDING = "pending"
    """Its task manager was asked to hold it for a job."""
    HELD = "held"
    """Its task manager holds it for a job."""
    RELEASING = "releasing"
    """Its task manager was asked to clear it; the job's processes may still be there."""
    SUSPECT = "suspect"
    """Its task manager refused it, or does not answer; free again when a report says so."""


@dataclass(frozen=True)
class Slot:
    """One slot; `allocation`, `job_id` and `attempt` are of its holder, asked for at `asked_ms`."""

    state: SlotState = SlotState.FREE
    allocation: AllocationId | None = None
    job_id: JobId | None = None
    attempt: Attempt | None = None
    asked_ms: int | None = None

    @property
    def is_with_job(self) -> bool:
        """Tell whether a job has the slot or is about to get it."""
        return self.state in (SlotState.PENDING, SlotState.HELD)


@dataclass(frozen=True)
class TaskManager:
    """One registered task manager.

    Attributes
    ----------
    instance : int
        This registration; what carries another one is dropped.
    session : int
        The task manager's own count of its registrations.
    version : int
        Of its slot table, as last heard.
    """

    task_manager: TaskManagerId
    instance: int
    session: int
    host: str
    slots: tuple[Slot, ...]
    heard_ms: int
    registered_ms: int
    version: int = 0

    @property
    def free_slots(self) -> int:
        """Number of slots that can be given away."""
        return sum(slot.state is SlotState.FREE for slot in self.slots)


@dataclass(frozen=True)
class ResourceOptions:
    """What does not change.

    Attributes
    ----------
    heartbeat_interval_ms, heartbeat_timeout_ms : int
        `heartbeat.interval` and `heartbeat.timeout`.
    """

    heartbeat_interval_ms: int = 10_000
    heartbeat_timeout_ms: int = 50_000

    @property
    def answer_interval_ms(self) -> int:
        """How often task managers are asked for signs of life while a job waits for an answer."""
        return max(1, self.heartbeat_interval_ms // 10)

    @property
    def answer_timeout_ms(self) -> int:
        """How long a job waits for a silent task manager before it takes slots of others."""
        return self.heartbeat_timeout_ms // 5


@dataclass(frozen=True)
class ResourceState:
    """All a resource manager knows.

    Attributes
    ----------
    requests : mapping
        Number of slots by job attempt: asked for, not all of them held yet.
    """

    options: ResourceOptions = field(default_factory=ResourceOptions)
    task_managers: Mapping[TaskManagerId, TaskManager] = field(default_factory=dict)
    requests: Mapping[JobAttempt, int] = field(default_factory=dict)
    next_instance: int = 1
    next_allocation: int = 1
    next_heartbeat_ms: int | None = None

    @property
    def total_slots(self) -> int:
        """Number of slots of all task managers."""
        return sum(len(manager.slots) for manager in self.task_managers.values())

    @property
    def free_slots(self) -> int:
        """Number of slots that can be given away."""
        return sum(manager.free_slots for manager in self.task_managers.values())

    @property
    def counts(self) -> tuple[int, int]:
        """How many slots there are, and how many of them are free."""
        return self.total_slots, self.free_slots

    def places(self) -> Iterator[tuple[Place, Slot]]:
        """Go through all slots."""
        for manager in self.task_managers.values():
            for index, slot in enumerate(manager.slots):
                yield (manager.task_manager, index), slot

    def places_of(self, key: JobAttempt) -> list[tuple[Place, Slot]]:
        """Return the slots that a job attempt has or is about to get."""
        return [
            (place, slot)
            for place, slot in self.places()
            if slot.is_with_job and (slot.job_id, slot.attempt) == key
        ]

    def unanswered(self) -> Iterator[tuple[Place, Slot]]:
        """Go through the slots that a job waits for."""
        return ((place, slot) for place, slot in self.places() if slot.state is SlotState.PENDING)

    def slot_at(self, place: Place) -> Slot:
        """Return one slot."""
        return self.task_managers[place[0]].slots[place[1]]

    def address_of(self, place: Place) -> SlotAddress:
        """Return the address of a slot that is with a job."""
        manager, slot = self.task_managers[place[0]], self.slot_at(place)
        assert slot.allocation is not None
        return SlotAddress(place[0], manager.instance, place[1], slot.allocation, manager.host)

    def with_slot(self, place: Place, slot: Slot) -> ResourceState:
        """Return the state with one slot changed."""
        manager = self.task_managers[place[0]]
        slots = (*manager.slots[: place[1]], slot, *manager.slots[place[1] + 1 :])
        return self.with_manager(replace(manager, slots=slots))

    def with_manager(self, manager: TaskManager) -> ResourceState:
        """Return the state with one task manager added or changed."""
        managers = {**self.task_managers, manager.task_manager: manager}
        return replace(self, task_managers=managers)

    def without_manager(self, name: TaskManagerId) -> ResourceState:
        """Return the state with one task manager less."""
        managers = {key: value for key, value in self.task_managers.items() if key != name}
        return replace(self, task_managers=managers)

    def without_request(self, key: JobAttempt) -> ResourceState:
        """Return the state with one open request less."""
        return replace(self, requests={k: v for k, v in self.requests.items() if k != key})


def choose_slots(state: ResourceState, count: int) -> list[Place] | None:
    """Choose free slots on as few hosts as possible; None if there are too few.

    If one task manager can take all, the one with the least to spare does, which leaves the larger
    ones to larger jobs; otherwise those with most free slots are filled first.
    """
    if count > state.free_slots:
        return None
    managers = sorted(
        (manager for manager in state.task_managers.values() if manager.free_slots),
        key=lambda manager: (-manager.free_slots, manager.instance),
    )
    enough = [manager for manager in managers if manager.free_slots >= count]
    if enough:
        managers = [min(enough, key=lambda manager: (manager.free_slots, manager.instance))]
    places = [
        (manager.task_manager, index)
        for manager in managers
        for index, slot in enumerate(manager.slots)
        if slot.state is SlotState.FREE
    ]
    return places[:count]
