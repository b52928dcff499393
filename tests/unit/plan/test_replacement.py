"""A running job is placed again with few moves, whoever joins or leaves."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.contracts.errors import NotEnoughSlotsError
from flinkette.plan.placement_greedy import longest_first
from flinkette.plan.placement_problem import PlacementProblem, WorkerOffer
from flinkette.plan.replacement import BALANCE_SLACK, Replacement, moved_slots, place_again
from unit.plan.placement_problems import problem, problems


def equal_slots(count: int, workers: int) -> PlacementProblem:
    return problem([1.0] * count, [("a", count)] * workers)


def of_workers(given_problem: PlacementProblem, numbers: list[int]) -> PlacementProblem:
    """The same slots on other workers, each with room for all of them."""
    offers = tuple(WorkerOffer(number, "a", len(given_problem.slots)) for number in numbers)
    return dataclasses.replace(given_problem, workers=offers)


def start(given_problem: PlacementProblem) -> list[int | None]:
    return list(given_problem.placed(longest_first(given_problem), "greedy").workers)


def fullest(replacement: Replacement) -> int:
    workers = replacement.placement.workers
    return max(workers.count(worker) for worker in workers)


@given(problems(most_slots=9))
def test_nothing_moves_while_nothing_changes(drawn: PlacementProblem) -> None:
    assert place_again(drawn, start(drawn)).moved == ()


@given(st.integers(1, 30), st.integers(1, 6))
def test_when_a_worker_joins_only_its_share_of_equal_slots_moves(count: int, workers: int) -> None:
    before = start(equal_slots(count, workers))
    joined = place_again(equal_slots(count, workers + 1), before)
    assert len(joined.moved) <= count // (workers + 1)
    best = -(-count // (workers + 1))
    assert best <= fullest(joined) <= best * (1 + BALANCE_SLACK) + 1e-9
    newcomer = joined.placement.workers.count(workers)
    assert newcomer == len(joined.moved)


@given(st.integers(1, 30), st.integers(2, 6), st.data())
def test_when_a_worker_leaves_only_its_equal_slots_move(
    count: int, workers: int, data: st.DataObject
) -> None:
    before = start(equal_slots(count, workers))
    leaver = data.draw(st.integers(0, workers - 1))
    stayers = [worker for worker in range(workers) if worker != leaver]
    left = place_again(of_workers(equal_slots(count, workers), stayers), before)
    assert len(left.moved) == before.count(leaver)
    assert fullest(left) == -(-count // (workers - 1))


@given(problems(most_slots=9), st.data())
def test_after_any_change_every_slot_has_a_worker_and_the_fullest_is_within_the_bound(
    drawn: PlacementProblem, data: st.DataObject
) -> None:
    numbers = st.one_of(st.none(), st.integers(0, 6))
    count = len(drawn.slots)
    previous = data.draw(st.lists(numbers, min_size=count, max_size=count))
    replacement = place_again(drawn, previous)
    placement = replacement.placement
    for offer in drawn.workers:
        assert placement.workers.count(offer.worker) <= offer.slots
    best = drawn.compute(longest_first(drawn))
    assert placement.compute <= best * (1 + BALANCE_SLACK) * (1 + 1e-9)
    assert replacement.moved == moved_slots(drawn, previous, placement)


@given(problems(most_slots=9, is_roomy=True), st.data())
def test_no_more_slots_move_than_if_they_were_placed_from_scratch(
    drawn: PlacementProblem, data: st.DataObject
) -> None:
    workers = st.sampled_from([offer.worker for offer in drawn.workers])
    count = len(drawn.slots)
    previous = data.draw(st.lists(workers, min_size=count, max_size=count))
    scratch = drawn.placed(longest_first(drawn), "greedy")
    moved = place_again(drawn, previous).moved
    assert len(moved) <= len(moved_slots(drawn, previous, scratch))


def test_a_slot_that_got_heavy_is_left_alone_and_others_make_room() -> None:
    # workers 0 and 1 run two slots each; slot 0 now takes as much as the three others
    changed = problem([3.0, 1.0, 1.0, 1.0], [("a", 4)] * 2)
    replacement = place_again(changed, [0, 0, 1, 1])
    assert replacement.placement.workers == (0, 1, 1, 1)
    assert [slot.index for slot in replacement.moved] == [1]


def test_slots_are_exchanged_where_workers_are_full() -> None:
    changed = problem([5.0, 4.0, 1.0, 1.0], [("a", 2)] * 2)
    replacement = place_again(changed, [0, 0, 1, 1])
    assert replacement.placement.compute == 6
    assert len(replacement.moved) == 2


def test_a_worker_that_offers_less_keeps_its_heaviest_slots() -> None:
    changed = problem([1.0, 5.0, 2.0], [("a", 1), ("a", 3)])
    assert place_again(changed, [0, 0, 1]).placement.workers == (1, 0, 1)


def test_too_few_workers_left_is_refused_with_both_numbers() -> None:
    with pytest.raises(NotEnoughSlotsError, match="needs 3 slots, 2 there"):
        dataclasses.replace(equal_slots(3, 2), workers=(WorkerOffer(1, "a", 2),))
