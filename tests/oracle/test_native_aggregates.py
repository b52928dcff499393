"""Windows of built-in aggregates give the rows of the general window operator, in its order."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import Any

import pytest

from flinkette.plan.slices import SlicePlan, plan_slices
from oracle.aggregate_jobs import AggregateJob, aggregate_job, run, windowed

SEEDS = int(os.environ.get("ORACLE_AGGREGATE_SEEDS", "300"))
SEEDS_PER_TEST = 5
FIRST_SEED = int(os.environ.get("ORACLE_FIRST_SEED", "0"))


def is_same(left: Any, right: Any) -> bool:
    """Compare two values: floats to 1e-9, everything else exactly."""
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-6)
    return type(left) is type(right) and left == right


def is_same_row(left: Any, right: Any) -> bool:
    """Compare two rows field by field."""
    first, second = left.as_dict(), right.as_dict()
    return first.keys() == second.keys() and all(
        is_same(first[name], second[name]) for name in first
    )


def parts(job: AggregateJob, *, in_python: bool) -> tuple[list[Any], list[Any]]:
    """Results and late rows, each in order; only per key where subtasks take turns."""
    out = run(job, in_python=in_python)
    results = [row for kind, row in out if kind == "result"]
    late = [row for kind, row in out if kind == "late"]
    if job.parallelism > 1:
        results.sort(key=lambda row: repr(row["key"]))
        late.sort(key=lambda row: repr(row["key"]))
    return results, late


def check(job: AggregateJob) -> None:
    results, late = parts(job, in_python=False)
    expected, expected_late = parts(job, in_python=True)
    assert len(results) == len(expected), job
    for row, expected_row in zip(results, expected, strict=True):
        assert is_same_row(row, expected_row), (row, expected_row, job)
    assert late == expected_late, job


@pytest.mark.pipeline
@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SEEDS, SEEDS_PER_TEST))
def test_random_jobs_agree_with_the_general_window_operator(first: int) -> None:
    for seed in range(first, min(first + SEEDS_PER_TEST, FIRST_SEED + SEEDS)):
        check(aggregate_job(seed))


@pytest.mark.parametrize("seed", range(5000, 5012))
def test_the_size_of_batches_does_not_show_in_native_results(seed: int) -> None:
    job = replace(aggregate_job(seed), parallelism=1)
    outputs = [parts(replace(job, batch_rows=rows), in_python=False) for rows in (1, 2, 7, 8192)]
    assert outputs[1:] == outputs[:-1]


def test_most_random_jobs_run_natively_and_some_have_late_rows() -> None:
    # else the comparison would say nothing about them
    plans = [plan_slices(windowed(aggregate_job(seed))) for seed in range(200)]
    assert sum(isinstance(plan, SlicePlan) for plan in plans) > 140, plans
    late = [parts(aggregate_job(seed), in_python=False)[1] for seed in range(0, 200, 4)]
    assert sum(bool(rows) for rows in late) > 5
