"""Windows that share slices give the rows that each of them gives alone."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from oracle.shared_jobs import SharedJob, run_shared, shared_job

SEEDS = int(os.environ.get("ORACLE_SHARED_SEEDS", "100"))
SEEDS_PER_TEST = 5


def per_key(job: SharedJob, *, is_sharing: bool) -> dict[tuple[Any, ...], list[Any]]:
    """Rows in order, by window, kind and key.

    Keys of one window come in the order in which they first had rows in its slices, the oldest
    slice first; windows that share have more slices.
    """
    rows: dict[tuple[Any, ...], list[Any]] = {}
    for number, kind, row in run_shared(job, is_sharing=is_sharing):
        rows.setdefault((number, kind, row["key"]), []).append(row)
    return rows


def per_window(values: list[tuple[int, str, Any]]) -> dict[tuple[int, str], list[Any]]:
    """Rows in order, by window and kind."""
    rows: dict[tuple[int, str], list[Any]] = {}
    for number, kind, row in values:
        rows.setdefault((number, kind), []).append(row)
    return rows


@pytest.mark.pipeline
@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_PER_TEST))
def test_sharing_does_not_show_in_the_rows(first: int) -> None:
    for seed in range(first, min(first + SEEDS_PER_TEST, SEEDS)):
        job = shared_job(seed)
        assert per_key(job, is_sharing=True) == per_key(job, is_sharing=False), job


@pytest.mark.pipeline
@pytest.mark.parametrize("seed", range(7000, 7008))
def test_the_size_of_batches_does_not_show_in_windows_that_share(seed: int) -> None:
    job = replace(shared_job(seed), parallelism=1)
    outputs = [
        per_window(run_shared(replace(job, batch_rows=rows), is_sharing=True))
        for rows in (1, 2, 7, 8192)
    ]
    assert outputs[1:] == outputs[:-1]
