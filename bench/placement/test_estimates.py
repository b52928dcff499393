"""Real jobs placed by estimates: what their busy time says of it, and of one round of moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bench.placement.jobs import JOBS, MeasuredJob
from bench.turns import IS_QUICK
from flinkette.plan.execution_graph import ExecutionGraph, SubtaskId
from flinkette.plan.load_estimate import estimate_loads
from flinkette.plan.placement import place
from flinkette.plan.placement_problem import ByteCosts, local_workers
from flinkette.plan.rescheduling import Rescheduler

ROWS = 20_000 if IS_QUICK else 200_000
NO_BYTES = ByteCosts(0.0, 0.0)


def least(graph: ExecutionGraph, loads: Mapping[SubtaskId, float]) -> float:
    """The least possible load of the fullest worker."""
    workers = local_workers(2, graph.required_slots)
    return place(graph, workers, "optimal", loads, traffic={}, byte_costs=NO_BYTES).compute


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", JOBS)
def test_estimate(benchmark: Any, name: str) -> None:
    job = MeasuredJob(name, ROWS if not benchmark.disabled else 1_000)
    workers = local_workers(2, job.graph.required_slots)
    placement = benchmark(place, job.graph, workers)
    estimated = estimate_loads(job.graph).loads
    runs = [job.run() for _ in range(1 if benchmark.disabled else 5)]
    assert all(min(busy_s.values()) >= 0 and sum(busy_s.values()) > 0 for busy_s in runs)
    over, after, shares, moved = [], [], [], []
    for busy_s in runs:
        scheduler = Rescheduler(job.graph, placement, 0.0, byte_costs=NO_BYTES)
        scheduler.fetch(1.0, busy_s, {})
        best = least(job.graph, busy_s)
        measured = scheduler.measured(workers)
        replacement = scheduler.map(workers)
        shares.append(measured.compute / sum(busy_s.values()))
        over.append(measured.compute / best)
        after.append(replacement.placement.compute / best)
        moved.append(len(replacement.moved))
        # a round of moves ends at most a tenth above greedy, which is at most 7/6 of the best
        assert after[-1] <= 7 / 6 * 1.1 * (1 + 1e-9)
    benchmark.extra_info["estimate"] = {
        "slots": job.graph.required_slots,
        "estimated_share": placement.compute / sum(estimated.values()),
        "measured_shares": sorted(shares),
        "over_least": sorted(over),
        "after_round": sorted(after),
        "moved": sorted(moved),
    }
