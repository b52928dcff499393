"""Windows over slices give what the general window operator gives, for random jobs.

All of them: ``SLICE_SEEDS=2000 pytest tests/oracle/test_slices.py``.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from oracle.slice_jobs import SliceJob, random_slice_job

BATCH_ROWS = (1, 2, 7, 8192)
SEEDS = int(os.environ.get("SLICE_SEEDS", "300"))
SEEDS_PER_TEST = 5


def build(env: Any, job: SliceJob, is_general: bool) -> Any:
    """Append the job; a trigger that says what is done anyway asks for the general operator."""
    from flinkette.common import Duration, Time, WatermarkStrategy
    from flinkette.datastream import OutputTag
    from flinkette.datastream.window import (
        EventTimeTrigger,
        SlidingEventTimeWindows,
        TumblingEventTimeWindows,
    )
    from flinkette.ext import aggregations
    from flinkette.ext.windows import CumulativeEventTimeWindows

    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(job.bound))
    stamped = (
        source(env, job)
        .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner("ts"))
        .set_parallelism(1)
    )
    ms = Time.milliseconds
    assigner = {
        "tumbling": lambda: TumblingEventTimeWindows.of(ms(job.size), ms(job.offset)),
        "sliding": lambda: SlidingEventTimeWindows.of(ms(job.size), ms(job.slide), ms(job.offset)),
        "cumulative": lambda: CumulativeEventTimeWindows.of(
            ms(job.size), ms(job.slide), ms(job.offset)
        ),
    }[job.kind]()
    if job.is_all:
        windows = stamped.window_all(assigner)
    elif job.key_type == "computed":
        windows = stamped.key_by(lambda row: row["key"] // 2).window(assigner)
    else:
        windows = stamped.key_by("key").window(assigner)
    if is_general:
        windows = windows.trigger(EventTimeTrigger())
    windows = windows.allowed_lateness(job.lateness)
    tag = OutputTag("late")
    if job.has_late_output:
        windows = windows.side_output_late_data(tag)
    specs = [getattr(aggregations, name)(field) for name, field in job.aggregates]
    results = windows.aggregate(
        specs[0] if len(specs) == 1 else specs, with_key=job.with_key, with_window=job.with_window
    )
    tagged = results.map(lambda row: ("on time", row))
    if job.has_late_output:
        tagged = tagged.union(results.get_side_output(tag).map(lambda row: ("late", row)))
    return results, tagged


def source(env: Any, job: SliceJob) -> Any:
    from flinkette.common import Row, Types

    if job.source == "columns":
        import pyarrow

        types = {"str": pyarrow.string(), "double": pyarrow.float64(), "boolean": pyarrow.bool_()}
        keys, times, ints, floats = ([row[at] for row in job.rows] for at in range(4))
        columns = {
            "key": pyarrow.array(keys, types.get(job.key_type, pyarrow.int64())),
            "ts": pyarrow.array(times, pyarrow.int64()),
            "v": pyarrow.array(ints, pyarrow.int64()),
            "f": pyarrow.array(floats, pyarrow.float64()),
        }
        return env.from_arrow(pyarrow.table(columns))
    declared = {"str": Types.STRING(), "double": Types.DOUBLE(), "boolean": Types.BOOLEAN()}
    rows = [Row(key=key, ts=ts, v=v, f=f) for key, ts, v, f in job.rows]
    return env.from_collection(
        rows,
        type_info=Types.ROW_NAMED(
            ["key", "ts", "v", "f"],
            [declared.get(job.key_type, Types.LONG()), Types.LONG(), Types.LONG(), Types.DOUBLE()],
        ),
    )


def run(job: SliceJob, batch_rows: int, *, is_general: bool) -> tuple[list[Any], list[Any]]:
    """Run the job on flinkette: results and late rows in the order they came out."""
    from flinkette.common import Configuration
    from flinkette.datastream import StreamExecutionEnvironment
    from flinkette.plan.slices import SlicePlan, plan_slices

    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", batch_rows)
    configuration.set_string("pipeline.auto-watermark-interval", f"{job.interval} ms")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(job.parallelism)
    results, tagged = build(env, job, is_general)
    plan = plan_slices(results._node)
    assert isinstance(plan, SlicePlan) is not is_general, plan
    on_time: list[Any] = []
    late: list[Any] = []
    with tagged.execute_and_collect() as rows:
        for tag, row in rows:
            (late if tag == "late" else on_time).append(row)
    return on_time, late


def fields_of(result: Any) -> tuple[Any, ...]:
    return tuple(result) if hasattr(result, "as_dict") else (result,)


def is_close(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return left == pytest.approx(right, rel=1e-9, abs=1e-6, nan_ok=True)
    return bool(left == right) and type(left) is type(right)


def in_order(results: list[Any], job: SliceJob) -> list[tuple[Any, ...]]:
    """Order results as far as it is not promised.

    Per key in order of time if the key is known, else by everything; at parallelism 1 tumbling
    windows keep the order they came in.
    """
    rows = [fields_of(result) for result in results]
    if job.parallelism == 1 and job.kind == "tumbling":
        return rows
    if job.with_key and (job.with_window or job.kind == "tumbling"):
        return sorted(rows, key=lambda row: repr(row[0]))
    return sorted(
        rows,
        key=lambda row: [
            repr(round(v, 3) if v == v else v) if isinstance(v, float) else repr(v) for v in row
        ],
    )


def check(job: SliceJob, batch_rows: int) -> None:
    expected, expected_late = run(job, batch_rows, is_general=True)
    results, late = run(job, batch_rows, is_general=False)
    left, right = in_order(results, job), in_order(expected, job)
    assert len(left) == len(right), (job, batch_rows, left, right)
    for ours, theirs in zip(left, right, strict=True):
        assert len(ours) == len(theirs)
        assert all(map(is_close, ours, theirs)), (job, batch_rows, ours, theirs)
    if job.parallelism == 1:
        assert late == expected_late, (job, batch_rows)
    else:
        assert sorted(map(repr, late)) == sorted(map(repr, expected_late)), (job, batch_rows)


@pytest.mark.pipeline
@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_PER_TEST))
def test_slices_give_what_the_general_operator_gives(first: int) -> None:
    for seed in range(first, min(first + SEEDS_PER_TEST, SEEDS)):
        check(random_slice_job(seed), BATCH_ROWS[seed % len(BATCH_ROWS)])


@pytest.mark.parametrize("seed", range(5000, 5030))
def test_the_size_of_batches_does_not_show_in_the_output(seed: int) -> None:
    job = replace(random_slice_job(seed), parallelism=1)
    outputs = [repr(run(job, batch_rows, is_general=False)) for batch_rows in BATCH_ROWS]
    assert outputs[1:] == outputs[:-1]


def test_random_jobs_have_late_rows_and_windows_that_fire_again() -> None:
    # else the comparison would say nothing about them
    late = again = 0
    for seed in range(100):
        job = replace(random_slice_job(seed), with_key=True, with_window=True, is_all=False)
        results, late_rows = run(job, 8192, is_general=True)
        late += bool(late_rows)
        windows = [fields_of(result)[:3] for result in results]
        again += len(windows) > len({repr(window) for window in windows})
    assert min(late, again) > 5, (late, again)
