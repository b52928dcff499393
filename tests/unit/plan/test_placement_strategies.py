"""The strategies on random problems: what each promises, against all placements there are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.plan.placement import STRATEGIES, make_strategy
from flinkette.plan.placement_locality import LOAD_SLACK
from flinkette.plan.placement_optimal import MAX_SLOTS
from flinkette.plan.placement_problem import ByteCosts, Placement, PlacementProblem
from unit.plan.placement_problems import brute_force, problem, problems


def place(given_problem: PlacementProblem, strategy: str) -> Placement:
    return make_strategy(strategy).place(given_problem)


@given(problems(most_slots=9), st.sampled_from(sorted(STRATEGIES)))
def test_every_slot_has_one_worker_and_no_worker_more_than_it_offers(
    drawn: PlacementProblem, strategy: str
) -> None:
    placement = place(drawn, strategy)
    assert len(placement.workers) == len(drawn.slots)
    assert set(placement.worker_of) == {
        subtask for slot in drawn.slots for subtask in slot.subtasks
    }
    for offer in drawn.workers:
        assert placement.workers.count(offer.worker) <= offer.slots
    assert placement.cost == placement.compute + placement.network
    assert placement.compute == drawn.compute(placement.workers)
    assert placement.network == drawn.network(placement.workers)


@given(problems())
def test_optimal_is_as_cheap_as_the_cheapest_of_all_placements(drawn: PlacementProblem) -> None:
    assert place(drawn, "optimal").cost == pytest.approx(brute_force(drawn))


@given(problems(most_slots=7, is_roomy=True))
def test_greedy_keeps_grahams_bound_for_pure_compute(drawn: PlacementProblem) -> None:
    silent = problem(list(drawn.loads), [(offer.host, offer.slots) for offer in drawn.workers])
    workers = len(silent.workers)
    bound = (4 / 3 - 1 / (3 * workers)) * brute_force(silent)
    assert place(silent, "greedy").compute <= bound * (1 + 1e-12)


def test_greedy_meets_grahams_bound_where_it_is_tight() -> None:
    # m = 2: loads 3 3 2 2 2; best 6 | 6, longest first 3 2 2 | 3 2
    silent = problem([3, 3, 2, 2, 2], [("a", 5), ("a", 5)])
    assert place(silent, "greedy").compute == 7
    assert place(silent, "optimal").compute == 6


@given(st.integers(1, 40), st.integers(1, 8), st.sampled_from([0.0, 0.1, 1.0]))
def test_greedy_spreads_equal_slots_evenly(count: int, workers: int, load: float) -> None:
    placed = place(problem([load] * count, [("a", count)] * workers), "greedy").workers
    counts = [placed.count(worker) for worker in range(workers)]
    assert max(counts) - min(counts) <= 1


@given(problems(most_slots=9))
def test_locality_sends_and_costs_no_more_than_greedy_within_its_bound_on_load(
    drawn: PlacementProblem,
) -> None:
    greedy, locality = place(drawn, "greedy"), place(drawn, "locality")
    assert locality.network <= greedy.network * (1 + 1e-6)
    assert locality.cost <= greedy.cost * (1 + 1e-6)
    assert locality.compute <= greedy.compute * (1 + LOAD_SLACK) * (1 + 1e-6)


def test_locality_puts_slots_that_talk_on_one_worker() -> None:
    pairs = {(0, 5): 9.0, (1, 4): 9.0, (2, 3): 9.0}
    talking = problem([1.0] * 6, [("a", 2)] * 3, pairs)
    placement = place(talking, "locality")
    assert placement.network == 0
    assert place(talking, "greedy").network > 0


def test_locality_puts_workers_that_talk_on_one_host() -> None:
    # two slots per worker fit, four talk: 0 1 2 3 belong on one host, 4 5 6 7 on the other
    groups = [(0, 2, 4, 6), (1, 3, 5, 7)]
    pairs = {pair: 5.0 for group in groups for pair in itertools.combinations(group, 2)}
    talking = problem([1.0] * 8, [("a", 2), ("b", 2), ("a", 2), ("b", 2)], pairs)
    placement = place(talking, "locality")
    for group in groups:
        hosts = {talking.workers[placement.workers[slot]].host for slot in group}
        assert len(hosts) == 1


def test_optimal_above_its_limit_is_greedy_and_says_so() -> None:
    large = problem([1.0] * (MAX_SLOTS + 1), [("a", MAX_SLOTS + 1)] * 2)
    placement = place(large, "optimal")
    assert placement.strategy == "greedy"
    assert placement.note == "optimal: 13 slots are above its limit of 12; placed by greedy"
    assert place(problem([1.0], [("a", 1)]), "optimal").note == ""


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_a_worker_that_is_not_needed_gets_nothing(strategy: str) -> None:
    spare = problem([1.0, 2.0], [("a", 2)] * 40, {(0, 1): 1.0})
    assert len(set(place(spare, strategy).workers)) <= 2


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_idle_slots_are_placed_all_the_same(strategy: str) -> None:
    assert len(place(problem([0.0] * 4, [("a", 2), ("b", 2)]), strategy).workers) == 4


@pytest.mark.parametrize("load", [-1.0, float("nan"), float("inf")])
def test_a_load_that_is_no_load_is_refused(load: float) -> None:
    with pytest.raises(ValueError, match="a load must be a number from 0"):
        problem([load], [("a", 1)])


@pytest.mark.parametrize("costs", [(1.0, 2.0), (1.0, -1.0), (float("inf"), 1.0)])
def test_bytes_cost_no_less_between_hosts_than_between_workers(costs: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="a byte must cost at least nothing"):
        ByteCosts(*costs)
