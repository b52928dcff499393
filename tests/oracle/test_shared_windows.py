"""Windows that share slices give the rows that each of them gives alone."""

from __future__ import annotations

import os
from typing import Any

import pytest

from oracle.shared_jobs import SharedJob, run_shared, shared_job

SEEDS = int(os.environ.get("ORACLE_SHARED_SEEDS", "100"))
SEEDS_PER_TEST = 20


def per_window(job: SharedJob, *, is_sharing: bool) -> dict[tuple[Any, ...], list[Any]]:
    """Rows in order, by window and kind, and by key where subtasks take turns."""
    rows: dict[tuple[Any, ...], list[Any]] = {}
    for number, kind, row in run_shared(job, is_sharing=is_sharing):
        key = row["key"] if job.parallelism > 1 else None
        rows.setdefault((number, kind, key), []).append(row)
    return rows


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_PER_TEST))
def test_sharing_does_not_show_in_the_rows(first: int) -> None:
    for seed in range(first, min(first + SEEDS_PER_TEST, SEEDS)):
        job = shared_job(seed)
        assert per_window(job, is_sharing=True) == per_window(job, is_sharing=False), job
