"""Random placement problems, and the cheapest placement by trying all of them."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from flinkette.plan.execution_graph import Slot, SubtaskId
from flinkette.plan.placement_problem import ByteCosts, PlacementProblem, WorkerOffer


def slots(count: int) -> tuple[Slot, ...]:
    """Slots of one vertex."""
    return tuple(Slot("default", index, (SubtaskId(0, index),)) for index in range(count))


def problem(
    loads: list[float],
    workers: list[tuple[str, int]],
    traffic: dict[tuple[int, int], float] | None = None,
    byte_costs: ByteCosts | None = None,
) -> PlacementProblem:
    """A problem of slots with loads, workers as (host, slots), and bytes by pair of slots."""
    between: list[dict[int, float]] = [{} for _ in loads]
    for (left, right), sent in (traffic or {}).items():
        between[left][right] = between[right][left] = sent
    return PlacementProblem(
        slots(len(loads)),
        tuple(loads),
        tuple(between),
        tuple(WorkerOffer(index, host, count) for index, (host, count) in enumerate(workers)),
        byte_costs or ByteCosts(between_hosts_s=4.0, between_workers_s=1.0),
    )


def brute_force(given: PlacementProblem) -> float:
    """The least cost of a placement."""
    return min(
        given.cost(assignment)
        for assignment in itertools.product(range(len(given.workers)), repeat=len(given.slots))
        if all(
            assignment.count(position) <= offer.slots
            for position, offer in enumerate(given.workers)
        )
    )


@st.composite
def problems(draw: st.DrawFn, most_slots: int = 6, *, is_roomy: bool = False) -> PlacementProblem:
    """Up to `most_slots` slots on up to 4 workers of up to 3 hosts; if `is_roomy` none fills up."""
    count = draw(st.integers(1, most_slots))
    loads = draw(st.lists(st.integers(0, 20), min_size=count, max_size=count))
    hosts = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=4))
    room = [count if is_roomy else draw(st.integers(1, count)) for _ in hosts]
    while sum(room) < count:
        room = [each + 1 for each in room]
    pairs = list(itertools.combinations(range(count), 2))
    sent = draw(st.lists(st.integers(0, 5), min_size=len(pairs), max_size=len(pairs)))
    between_workers = draw(st.sampled_from([0.0, 0.1, 0.5]))
    costs = ByteCosts(between_workers * draw(st.integers(1, 8)), between_workers)
    return problem(
        [float(load) for load in loads],
        list(zip(hosts, room, strict=True)),
        {pair: float(each) for pair, each in zip(pairs, sent, strict=True) if each},
        costs,
    )
