"""`greedy`: longest processing time first."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flinkette.plan.placement_problem import Placement, PlacementProblem

__all__ = ["GreedyStrategy", "longest_first"]


class GreedyStrategy:
    """Give the slots, heaviest first, each to the worker with the least load so far.

    Notes
    -----
    R. L. Graham, Bounds on Multiprocessing Timing Anomalies, SIAM Journal on Applied Mathematics
    17 (1969): the fullest of m workers gets at most 4/3 - 1/(3 m) times what it gets in the best
    placement, as long as no worker runs out of slots. Equal loads are spread evenly: of workers
    with equal load the one with the fewest slots takes the next. Bytes play no part.
    """

    def place(self, problem: PlacementProblem) -> Placement:
        """Place every slot; O(n log n)."""
        return problem.placed(longest_first(problem), "greedy")


def longest_first(problem: PlacementProblem, kept: Mapping[int, int] | None = None) -> list[int]:
    """Return the assignment that longest processing time first makes.

    Parameters
    ----------
    problem : PlacementProblem
        Slots, loads and workers.
    kept : mapping of int to int, optional
        Positions of slots that stay where they are.

    Returns
    -------
    list of int
        Position in `problem.workers` of each slot.
    """
    kept = kept or {}
    assignment = [-1] * len(problem.slots)
    loads = [0.0] * len(problem.workers)
    used = [0] * len(problem.workers)
    for slot, position in kept.items():
        assignment[slot] = position
        loads[position] += problem.loads[slot]
        used[position] += 1
    room = [
        (loads[position], used[position], position)
        for position, offer in enumerate(problem.workers)
        if used[position] < offer.slots
    ]
    heapify(room)
    waiting = [slot for slot in range(len(problem.slots)) if slot not in kept]
    for slot in sorted(waiting, key=lambda slot: (-problem.loads[slot], slot)):
        load, count, position = heappop(room)
        assignment[slot] = position
        if count + 1 < problem.workers[position].slots:
            heappush(room, (load + problem.loads[slot], count + 1, position))
    return assignment
