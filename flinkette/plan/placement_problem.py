"""What a placement is about: slots, workers, loads, bytes, and what a placement costs.

The cost of a placement θ is C(θ) + W(θ):

- C is the compute time of the fullest worker: a worker is one loop, so the loads of its slots add.
- W is the time bytes take on their way between workers of one host, and, dearer, between hosts.

Both are in seconds per second of the job's life, so that they can be added: a load is the share of
a core that a slot needs, and bytes per second times seconds per byte have no unit either.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Protocol

from flinkette.contracts.errors import ConfigurationError, NotEnoughSlotsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flinkette.plan.execution_graph import Slot, SubtaskId

__all__ = [
    "ByteCosts",
    "Placement",
    "PlacementProblem",
    "PlacementStrategy",
    "WorkerOffer",
    "local_workers",
]


@dataclass(frozen=True)
class WorkerOffer:
    """A worker and how much of a job it can take."""

    worker: int
    """Its number; it keeps it as long as it lives."""
    host: str
    slots: int
    """How many slots it can take, at least 1."""


@dataclass(frozen=True)
class ByteCosts:
    """Seconds that one byte costs on its way to another worker; none inside a worker."""

    between_hosts_s: float = 8e-9
    """A network of 1 Gbit/s."""
    between_workers_s: float = 5e-10
    """A ring in shared memory, written and read at 2 GB/s."""

    def __post_init__(self) -> None:
        if not 0 <= self.between_workers_s <= self.between_hosts_s < float("inf"):
            raise ValueError(
                "a byte must cost at least nothing, and between hosts at least as much as between "
                f"workers, got {self.between_workers_s!r} s between workers and "
                f"{self.between_hosts_s!r} s between hosts"
            )


@dataclass(frozen=True)
class Placement:
    """Where every slot of a job runs, and what that costs."""

    workers: tuple[int, ...]
    """Number of the worker of each slot, in the order of `ExecutionGraph.slots`."""
    worker_of: Mapping[SubtaskId, int]
    """Number of the worker of each subtask."""
    compute: float
    """C(θ): load of the fullest worker."""
    network: float
    """W(θ): time of the bytes between workers."""
    strategy: str = ""
    """Name of what placed the slots."""
    note: str = ""
    """What the user should know about how it came about; empty as a rule."""

    @property
    def cost(self) -> float:
        """C(θ) + W(θ)."""
        return self.compute + self.network


@dataclass(frozen=True)
class PlacementProblem:
    """Slots to put on workers. An assignment is a position in `workers` for each slot."""

    slots: tuple[Slot, ...]
    loads: tuple[float, ...]
    """Share of a core that each slot needs."""
    traffic: tuple[Mapping[int, float], ...]
    """Bytes per second between a slot and others, by their index; both directions together."""
    workers: tuple[WorkerOffer, ...]
    byte_costs: ByteCosts = ByteCosts()

    def __post_init__(self) -> None:
        wrong = [load for load in self.loads if not (isfinite(load) and load >= 0)]
        if wrong:
            raise ValueError(f"a load must be a number from 0, got {wrong[0]!r}")
        offered = sum(offer.slots for offer in self.workers)
        if len(self.slots) > offered:
            raise NotEnoughSlotsError(len(self.slots), offered)

    @cached_property
    def hosts(self) -> tuple[int, ...]:
        """Number of the host of each position in `workers`, counted from 0."""
        numbers: dict[str, int] = {}
        return tuple(numbers.setdefault(offer.host, len(numbers)) for offer in self.workers)

    def byte_cost(self, left: int, right: int) -> float:
        """Return seconds per byte between two positions in `workers`."""
        if left == right:
            return 0.0
        if self.hosts[left] == self.hosts[right]:
            return self.byte_costs.between_workers_s
        return self.byte_costs.between_hosts_s

    def compute(self, assignment: Sequence[int]) -> float:
        """Return C(θ) of an assignment."""
        loads = [0.0] * len(self.workers)
        for position, load in zip(assignment, self.loads, strict=True):
            loads[position] += load
        return max(loads, default=0.0)

    def network(self, assignment: Sequence[int]) -> float:
        """Return W(θ) of an assignment."""
        return sum(
            sent * self.byte_cost(assignment[slot], assignment[other])
            for slot, others in enumerate(self.traffic)
            for other, sent in others.items()
            if slot < other
        )

    def cost(self, assignment: Sequence[int]) -> float:
        """Return C(θ) + W(θ) of an assignment."""
        return self.compute(assignment) + self.network(assignment)

    def placed(self, assignment: Sequence[int], strategy: str, note: str = "") -> Placement:
        """Check an assignment and make the placement of it.

        Parameters
        ----------
        assignment : sequence of int
            For each slot a position in `workers`.
        strategy : str
            Name of what made it.
        note : str
            What the user should know.

        Returns
        -------
        Placement
            With its cost.

        Raises
        ------
        ConfigurationError
            If it names no worker, leaves slots out, or fills a worker above its slots.
        """
        if len(assignment) != len(self.slots):
            raise ConfigurationError(
                f"placement strategy {strategy!r} placed {len(assignment)} slots of "
                f"{len(self.slots)}; it must name a worker for each slot"
            )
        for position, count in Counter(assignment).items():
            if position not in range(len(self.workers)):
                raise ConfigurationError(
                    f"placement strategy {strategy!r} used worker {position!r}; positions are "
                    f"0 .. {len(self.workers) - 1}"
                )
            if count > self.workers[position].slots:
                raise ConfigurationError(
                    f"placement strategy {strategy!r} put {count} slots on worker "
                    f"{self.workers[position].worker}, which offers {self.workers[position].slots}"
                )
        workers = tuple(self.workers[position].worker for position in assignment)
        worker_of = {
            subtask: worker
            for slot, worker in zip(self.slots, workers, strict=True)
            for subtask in slot.subtasks
        }
        return Placement(
            workers, worker_of, self.compute(assignment), self.network(assignment), strategy, note
        )


class PlacementStrategy(Protocol):
    """Puts slots on workers. A user's own is named by its dotted path."""

    def place(self, problem: PlacementProblem) -> Placement:
        """Place every slot, keeping to the number of slots that each worker offers.

        Parameters
        ----------
        problem : PlacementProblem
            It has no more slots than its workers offer.

        Returns
        -------
        Placement
            Made by `PlacementProblem.placed`.
        """
        ...


def local_workers(count: int, required_slots: int, host: str = "localhost") -> list[WorkerOffer]:
    """Return the workers of one host, each with as many slots as may be needed.

    Parameters
    ----------
    count : int
        How many, numbered from 0.
    required_slots : int
        Slots of the job. Each worker offers all of them: what they cost is the strategy's matter.
    host : str
        Name of the host.

    Returns
    -------
    list of WorkerOffer
        Offers for `place`.
    """
    return [WorkerOffer(worker, host, max(1, required_slots)) for worker in range(count)]
