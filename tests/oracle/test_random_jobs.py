"""Random window jobs agree with the oracle, whatever the batches and the parallelism."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from oracle.jobs import Job, grouped, random_job
from oracle.oracle import count_windows, time_windows
from oracle.pipeline import build
from oracle.watermark_rule import watermarks_after

BATCH_ROWS = (1, 2, 7, 8192)
SEEDS = int(os.environ.get("ORACLE_SEEDS", "500"))
SEEDS_PER_TEST = 5


def expected(job: Job):
    """Return what the oracle says: results, late values."""
    if job.is_count:
        slide = job.slide if job.kind == "sliding count" else job.size
        return count_windows(job.rows, job.size, slide), []
    return time_windows(
        job.rows,
        watermarks_after([time for _, time, _ in job.rows], job.bound, job.interval),
        job.gap if job.is_session else job.size,
        {"tumbling": job.size, "sliding": job.slide}.get(job.kind),
        job.offset,
        job.lateness,
    )


def run(job: Job, batch_rows: int):
    """Run the job on flinkette: results and late values in the order they came out."""
    from flinkette.common import Configuration, Duration, Row, WatermarkStrategy
    from flinkette.datastream import StreamExecutionEnvironment

    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", batch_rows)
    configuration.set_string("pipeline.auto-watermark-interval", f"{job.interval} ms")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(job.parallelism)
    rows = [Row(key=key, ts=time, value=value) for key, time, value in job.rows]
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(job.bound))
    stamped = (
        env.from_collection(rows)
        .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner("ts"))
        .set_parallelism(1)
    )
    results, late = [], []
    stream = build(job, stamped, "flinkette", lambda row: row["key"])
    with stream.execute_and_collect() as tagged:
        for tag, *values in tagged:
            late.append(values[0]) if tag == "late" else results.append(tuple(values))
    return results, late


def check(job: Job, batch_rows: int) -> None:
    results, late = run(job, batch_rows)
    expected_results, expected_late = expected(job)
    assert grouped(results, job) == grouped(expected_results, job), (job, batch_rows)
    keys = {value: repr(key) for key, _, value in job.rows}
    assert sorted(late, key=keys.__getitem__) == sorted(expected_late, key=keys.__getitem__), (
        job,
        batch_rows,
    )


@pytest.mark.pipeline
@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_PER_TEST))
def test_random_jobs_agree_with_the_oracle(first: int) -> None:
    for seed in range(first, min(first + SEEDS_PER_TEST, SEEDS)):
        check(random_job(seed), BATCH_ROWS[seed % len(BATCH_ROWS)])


@pytest.mark.parametrize("seed", range(1000, 1010))
def test_the_size_of_batches_does_not_show_in_the_output(seed: int) -> None:
    job = replace(random_job(seed), parallelism=1)
    outputs = [run(job, batch_rows) for batch_rows in BATCH_ROWS]
    assert outputs[1:] == outputs[:-1]


@pytest.mark.pipeline
@pytest.mark.parametrize("seed", range(2000, 2010))
def test_subtasks_share_out_the_keys_and_change_nothing_else(seed: int) -> None:
    job = random_job(seed)
    for parallelism in (1,) if job.is_all else (1, 2, 3):
        check(replace(job, parallelism=parallelism), 7)


def test_random_jobs_have_late_rows_late_firings_and_merged_sessions() -> None:
    # else the comparison would say nothing about them
    late = firings = merged = 0
    for seed in range(SEEDS):
        job = random_job(seed)
        results, late_values = expected(job)
        late += bool(late_values)
        if job.is_count:
            continue
        windows = [(repr(key), start, end) for key, start, end, _ in results]
        firings += len(windows) > len(set(windows))
        merged += job.is_session and any(end - start > job.size for _, start, end in windows)
    assert min(late, firings, merged) * 50 > SEEDS, (late, firings, merged)
