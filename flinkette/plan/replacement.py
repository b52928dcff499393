"""Placing a running job again, with few moves: after loads changed, workers joined or left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette.plan.placement_greedy import longest_first

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flinkette.plan.execution_graph import Slot
    from flinkette.plan.placement_problem import Placement, PlacementProblem

__all__ = ["BALANCE_SLACK", "Replacement", "moved_slots", "place_again"]

BALANCE_SLACK = 0.1
"""How much fuller than greedy's the fullest worker may stay, as a part of it."""


@dataclass(frozen=True)
class Replacement:
    """A placement, and what it changes of the one before."""

    placement: Placement
    moved: tuple[Slot, ...]
    """Slots that run elsewhere now; those of workers that left are among them."""


def place_again(problem: PlacementProblem, previous: Sequence[int | None]) -> Replacement:
    """Place slots again so that few of them move and no worker is much too full.

    Parameters
    ----------
    problem : PlacementProblem
        Slots, loads as they are now, and the workers that are there now.
    previous : sequence of int or None
        Number of the worker that runs each slot, as `Placement.workers` has it; None for a slot
        that runs nowhere. Workers that are not in `problem.workers` have left.

    Returns
    -------
    Replacement
        Its compute time is at most a tenth above that of `greedy` from scratch.

    Notes
    -----
    Slots stay; those without a worker go, heaviest first, to the worker with the least load. Then,
    while the fullest worker is above the bound, the move or exchange that brings the fuller of the
    two workers lowest is made, as in the local search of G. Finn and E. Horowitz, A Linear Time
    Approximation Algorithm for Multiprocessor Scheduling, BIT 19 (1979). Where that ends above the
    bound or moves more, the slots are placed from scratch and the parts named after the workers
    that run most of them already.
    """
    position_of = {offer.worker: index for index, offer in enumerate(problem.workers)}
    kept = _kept(problem, [None if each is None else position_of.get(each) for each in previous])
    scratch = longest_first(problem)
    bound = problem.compute(scratch) * (1 + BALANCE_SLACK)
    found = [
        _balanced(problem, longest_first(problem, kept), bound),
        _renamed(problem, scratch, kept),
        scratch,
    ]
    assignment = min(
        (each for each in found if problem.compute(each) <= bound),
        key=lambda each: sum(kept.get(slot) != position for slot, position in enumerate(each)),
    )
    placement = problem.placed(assignment, "few moves")
    return Replacement(placement, moved_slots(problem, previous, placement))


def moved_slots(
    problem: PlacementProblem, previous: Sequence[int | None], placement: Placement
) -> tuple[Slot, ...]:
    """Return the slots whose worker is another than before."""
    return tuple(
        slot
        for slot, before, after in zip(problem.slots, previous, placement.workers, strict=True)
        if before != after
    )


def _kept(problem: PlacementProblem, previous: Sequence[int | None]) -> dict[int, int]:
    """Return the positions of slots that can stay; a worker that offers less keeps the heaviest."""
    room = [offer.slots for offer in problem.workers]
    kept: dict[int, int] = {}
    for slot in sorted(range(len(previous)), key=lambda slot: -problem.loads[slot]):
        position = previous[slot]
        if position is not None and room[position] > 0:
            kept[slot] = position
            room[position] -= 1
    return kept


def _balanced(problem: PlacementProblem, assignment: list[int], bound: float) -> list[int]:
    """Relieve the fullest worker until it is within the bound, or no step helps."""
    loads = [0.0] * len(problem.workers)
    members: list[set[int]] = [set() for _ in problem.workers]
    for slot, position in enumerate(assignment):
        loads[position] += problem.loads[slot]
        members[position].add(slot)
    while True:
        fullest = max(range(len(loads)), key=lambda position: (loads[position], -position))
        if loads[fullest] <= bound:
            return assignment
        step = _best_step(problem, fullest, loads, members, bound)
        if step is None:
            return assignment
        position, leaving, coming = step
        shift = problem.loads[leaving] - (0.0 if coming is None else problem.loads[coming])
        exchanged = ((leaving, fullest, position), (coming, position, fullest))
        for mover, before, after in exchanged:
            if mover is not None:
                assignment[mover] = after
                members[before].remove(mover)
                members[after].add(mover)
        loads[fullest] -= shift
        loads[position] += shift


def _best_step(
    problem: PlacementProblem,
    fullest: int,
    loads: list[float],
    members: list[set[int]],
    bound: float,
) -> tuple[int, int, int | None] | None:
    """Return the step after which the fuller of the two workers is least full.

    Of steps that bring it within the bound a move comes before an exchange. A step is (other
    worker, slot that leaves the fullest, slot that comes for it or None).
    """
    best: tuple[float, bool, float, int, int, int] | None = None
    for position, offer in enumerate(problem.workers):
        if position == fullest:
            continue
        comers: list[int] = sorted(members[position])
        for leaving in sorted(members[fullest]):
            for coming in [*([-1] if len(comers) < offer.slots else []), *comers]:
                shift = problem.loads[leaving] - (problem.loads[coming] if coming >= 0 else 0.0)
                fuller = max(loads[fullest] - shift, loads[position] + shift)
                step = (max(fuller, bound), coming >= 0, fuller, position, leaving, coming)
                if fuller < loads[fullest] * (1 - 1e-12) and (best is None or step < best):
                    best = step
    if best is None:
        return None
    _, is_exchange, _, position, leaving, coming = best
    return position, leaving, coming if is_exchange else None


def _renamed(
    problem: PlacementProblem, scratch: Sequence[int], kept: Mapping[int, int]
) -> list[int]:
    """Let each part of a placement run where most of it runs already; largest overlap first."""
    count = [scratch.count(position) for position in range(len(problem.workers))]
    overlap: dict[tuple[int, int], int] = {}
    for slot, before in kept.items():
        pair = (scratch[slot], before)
        overlap[pair] = overlap.get(pair, 0) + 1
    new_name: dict[int, int] = {}
    for part, position in sorted(overlap, key=lambda pair: (-overlap[pair], pair)):
        fits = count[part] <= problem.workers[position].slots
        if fits and part not in new_name and position not in new_name.values():
            new_name[part] = position
    free = [each for each in range(len(problem.workers)) if each not in new_name.values()]
    unnamed = set(range(len(problem.workers))) - set(new_name)
    for part in sorted(unnamed, key=lambda part: -count[part]):
        position = max(free, key=lambda position: (problem.workers[position].slots, -position))
        free.remove(position)
        new_name[part] = position
    assignment = [new_name[part] for part in scratch]
    fits = all(
        assignment.count(position) <= offer.slots for position, offer in enumerate(problem.workers)
    )
    return assignment if fits else list(scratch)
