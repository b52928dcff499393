"""Names of the things a cluster is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

__all__ = ["AllocationId", "Attempt", "JobId", "SlotAddress", "TaskManagerId"]

JobId = NewType("JobId", str)
"""32 hexadecimal digits."""
Attempt = NewType("Attempt", int)
"""How often a job was put on slots, counted from 1; what carries an older number is dropped."""
TaskManagerId = NewType("TaskManagerId", str)
"""Chosen by the task manager itself; another one for each process."""
AllocationId = NewType("AllocationId", int)
"""One grant of one slot; never used again by the same resource manager."""


@dataclass(frozen=True)
class SlotAddress:
    """One slot that was granted to a job.

    Attributes
    ----------
    task_manager : str
        Which task manager has the slot.
    instance : int
        Which registration of it: a task manager that was lost and came back has another.
    slot : int
        Index of the slot there, counted from 0.
    allocation : int
        The grant.
    host : str
        Where the task manager runs; subtasks of one host exchange rows through shared memory.
    """

    task_manager: TaskManagerId
    instance: int
    slot: int
    allocation: AllocationId
    host: str = ""
