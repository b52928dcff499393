"""Scheduling while a job runs: state fetched → load computed → mapped → state updated.

```
 fetch()   busy time and bytes so far ──► rates, smoothed          loads, traffic
 map()     loads, traffic, workers ─────► Replacement: new placement, and which slots move
 update()  the moves were made ─────────► placement
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from flinkette.plan.placement import make_problem
from flinkette.plan.replacement import place_again

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flinkette.plan.execution_graph import Channel, ExecutionGraph, SubtaskId
    from flinkette.plan.placement_problem import ByteCosts, Placement, WorkerOffer
    from flinkette.plan.replacement import Replacement

__all__ = ["Rescheduler"]

Measured = TypeVar("Measured", "SubtaskId", "Channel")


class Rescheduler:
    """Knows what a running job costs and where its slots should run. Pure: time comes in.

    Parameters
    ----------
    execution_graph : ExecutionGraph
        The job.
    placement : Placement
        Where it runs.
    now_s : float
        When it started, on any clock.
    newest_share : float
        Weight of the newest measurement in the smoothed one, above 0 and at most 1.
    byte_costs : ByteCosts, optional
        What a byte between workers costs.
    """

    def __init__(
        self,
        execution_graph: ExecutionGraph,
        placement: Placement,
        now_s: float,
        *,
        newest_share: float = 0.5,
        byte_costs: ByteCosts | None = None,
    ) -> None:
        if not 0 < newest_share <= 1:
            raise ValueError(f"newest_share must be above 0 and at most 1, got {newest_share!r}")
        self.placement = placement
        self._execution_graph = execution_graph
        self._byte_costs = byte_costs
        self._newest_share = newest_share
        self._fetched_s = now_s
        self._busy_s: dict[SubtaskId, float] = {}
        self._sent_bytes: dict[Channel, float] = {}
        self._loads: dict[SubtaskId, float] = {}
        self._traffic: dict[Channel, float] = {}

    @property
    def loads(self) -> Mapping[SubtaskId, float] | None:
        """Busy time per time of each subtask; None before anything was measured."""
        return self._loads or None

    @property
    def traffic(self) -> Mapping[Channel, float] | None:
        """Bytes per second of each channel; None before anything was measured."""
        return self._traffic or None

    def fetch(
        self,
        now_s: float,
        busy_s: Mapping[SubtaskId, float],
        sent_bytes: Mapping[Channel, float],
    ) -> None:
        """Take in what the workers counted since the job started.

        Parameters
        ----------
        now_s : float
            When, on the clock of the start; nothing happens if no time has passed.
        busy_s : mapping of SubtaskId to float
            Seconds each subtask was busy. A smaller number than before is that of a new start.
        sent_bytes : mapping of Channel to float
            Bytes each channel carried, likewise.
        """
        elapsed_s = now_s - self._fetched_s
        if elapsed_s <= 0:
            return
        self._fetched_s = now_s
        self._smooth(self._loads, self._busy_s, busy_s, elapsed_s)
        self._smooth(self._traffic, self._sent_bytes, sent_bytes, elapsed_s)

    def _smooth(
        self,
        rates: dict[Measured, float],
        before: dict[Measured, float],
        counted: Mapping[Measured, float],
        elapsed_s: float,
    ) -> None:
        for key, total in counted.items():
            last = before.get(key, 0.0)
            rate = (total - last if total >= last else total) / elapsed_s
            old = rates.get(key, rate)
            rates[key] = old + self._newest_share * (rate - old)
            before[key] = total

    def map(self, workers: Sequence[WorkerOffer]) -> Replacement:
        """Say where the slots should run now.

        Parameters
        ----------
        workers : sequence of WorkerOffer
            Those that are there: others of the placement have left.

        Returns
        -------
        Replacement
            Nothing is moved while the fullest worker is at most a tenth too full.

        Raises
        ------
        NotEnoughSlotsError
            If the job has more slots than the workers offer.
        """
        problem = make_problem(
            self._execution_graph, workers, self.loads, self.traffic, self._byte_costs
        )
        return place_again(problem, self.placement.workers)

    def update(self, placement: Placement) -> None:
        """Take note that the slots run where `placement` says.

        Parameters
        ----------
        placement : Placement
            As `map` gave it.
        """
        self.placement = placement

    def measured(self, workers: Sequence[WorkerOffer]) -> Placement:
        """Return the placement as it is, with the cost that was measured.

        Parameters
        ----------
        workers : sequence of WorkerOffer
            Those of the placement.

        Returns
        -------
        Placement
            C(θ) and W(θ) of measured loads and bytes, to hold against the estimated ones.
        """
        problem = make_problem(
            self._execution_graph, workers, self.loads, self.traffic, self._byte_costs
        )
        position_of = {offer.worker: position for position, offer in enumerate(problem.workers)}
        assignment = [position_of[worker] for worker in self.placement.workers]
        return problem.placed(assignment, self.placement.strategy, self.placement.note)
