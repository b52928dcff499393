"""The oracle says what real PyFlink emitted for random jobs with late rows (record_flink.py)."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from oracle.jobs import grouped, random_job
from oracle.oracle import MIN, time_windows

RECORDED = json.loads(
    (Path(__file__).parent / "recorded" / "jobs.json").read_text(encoding="utf-8")
)


def sql_watermarks(times: list[int], bound: int) -> list[int]:
    """Return the watermark after each row of a SQL source that emits one per row, from 1 ms on."""
    largest, announced = MIN, []
    for time in times:
        largest = max(largest, time)
        announced.append(largest - bound - 1 if largest - bound - 1 > 0 else MIN)
    return announced


@pytest.mark.parametrize("seed", [int(seed) for seed in RECORDED])
def test_the_oracle_agrees_with_pyflink(seed: int) -> None:
    job = random_job(seed)
    lines = [ast.literal_eval(line) for line in RECORDED[str(seed)]["results"]]
    results = [tuple(line[1:]) for line in lines if line[0] == "on time"]
    late = [line[1] for line in lines if line[0] == "late"]
    expected, expected_late = time_windows(
        job.rows,
        sql_watermarks([time for _, time, _ in job.rows], job.bound),
        job.gap if job.is_session else job.size,
        {"tumbling": job.size, "sliding": job.slide}.get(job.kind),
        job.offset,
        job.lateness,
    )
    assert grouped(results, job) == grouped(expected, job)
    assert late == expected_late


def test_recorded_jobs_have_late_rows_and_every_kind_of_time_window() -> None:
    late = [
        seed for seed in RECORDED if any("late" in line[:7] for line in RECORDED[seed]["results"])
    ]
    assert len(late) >= 8
    kinds = {random_job(int(seed)).kind for seed in RECORDED}
    assert kinds == {"tumbling", "sliding", "session", "dynamic session"}
