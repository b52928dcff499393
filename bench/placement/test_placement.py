"""Strategies on 200 random graphs: makespan and cost beside the least possible, and their time."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from bench.placement.graphs import Sizes, random_problems, without_bytes
from bench.turns import IS_QUICK
from flinkette.plan.placement import STRATEGIES, make_strategy
from flinkette.plan.placement_problem import PlacementProblem

_MOST_TRIED = 2_200


@pytest.fixture(scope="module")
def problems() -> list[PlacementProblem]:
    found = random_problems(Sizes())
    return found[:20] if IS_QUICK else found


@pytest.fixture(scope="module")
def least(problems: list[PlacementProblem]) -> list[tuple[float, float]]:
    """Least makespan and least cost of each graph; small ones are checked by trying everything."""
    optimal = make_strategy("optimal")
    found = [
        (optimal.place(without_bytes(each)).compute, optimal.place(each).cost) for each in problems
    ]
    for each, (_, cost) in zip(problems, found, strict=True):
        if len(each.workers) ** len(each.slots) <= _MOST_TRIED:
            every = itertools.product(range(len(each.workers)), repeat=len(each.slots))
            assert cost == pytest.approx(min(map(each.cost, every)))
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_placing(
    benchmark: Any,
    problems: list[PlacementProblem],
    least: list[tuple[float, float]],
    strategy: str,
) -> None:
    chosen = make_strategy(strategy)

    def place_all() -> list[Any]:
        return [chosen.place(each) for each in problems]

    makespans, costs = [], []
    for placement, each, (makespan, cost) in zip(place_all(), problems, least, strict=True):
        makespans.append(placement.compute / makespan)
        costs.append(placement.cost / cost)
        workers = len(each.workers)
        if strategy == "greedy":
            assert makespans[-1] <= (4 / 3 - 1 / (3 * workers)) * (1 + 1e-9)
    assert min(makespans) > 1 - 1e-9
    assert min(costs) > 1 - 1e-9
    benchmark.pedantic(place_all, rounds=2 if IS_QUICK else 5, iterations=1)
    if benchmark.stats is None:  # --benchmark-disable
        return
    benchmark.extra_info["placement"] = {
        "graphs": len(problems),
        "makespans": sorted(makespans),
        "costs": sorted(costs),
        "ms_per_graph": [1e3 * each / len(problems) for each in benchmark.stats.stats.data],
    }
