"""Windows with any trigger and evictor agree with the oracle, whatever the batches."""

from __future__ import annotations

import os

import pytest

from oracle.fired_jobs import KINDS, TRIGGERS, FiredJob, random_fired_job
from oracle.fired_oracle import fired_windows, own_answer
from oracle.pipeline import function_classes
from oracle.watermark_rule import watermarks_after

BATCH_ROWS = (1, 2, 7, 8192)
SEEDS = int(os.environ.get("ORACLE_SEEDS", "300"))
SEEDS_PER_TEST = 20


def expected(job: FiredJob):
    times = [time for _, time, _ in job.rows]
    return fired_windows(job, watermarks_after(times, job.bound, job.interval))


def own_trigger():
    from flinkette.datastream.window import Trigger, TriggerResult

    results = {
        "": TriggerResult.CONTINUE,
        "fire": TriggerResult.FIRE,
        "purge": TriggerResult.PURGE,
        "fire purge": TriggerResult.FIRE_AND_PURGE,
    }
    answers = {digit: results[own_answer(digit)] for digit in range(5)}

    class Own(Trigger):
        def on_element(self, element, timestamp, window, ctx):
            return answers[element[1][0] % 5]

        def on_processing_time(self, time, window, ctx):
            return TriggerResult.CONTINUE

        def on_event_time(self, time, window, ctx):
            return TriggerResult.CONTINUE

        def can_merge(self):
            return True

        def on_merge(self, window, ctx):
            pass

        def clear(self, window, ctx):
            pass

    return Own()


def own_sessions(size: int):
    from flinkette.datastream.window import (
        EventTimeTrigger,
        MergingWindowAssigner,
        TimeWindow,
        TimeWindowSerializer,
    )

    class Own(MergingWindowAssigner):
        def assign_windows(self, element, timestamp, context):
            return [TimeWindow(timestamp, timestamp + size)]

        def merge_windows(self, windows, callback):
            TimeWindow.merge_windows(windows, callback)

        def get_default_trigger(self, env):
            return EventTimeTrigger.create()

        def get_window_serializer(self):
            return TimeWindowSerializer()

        def is_event_time(self):
            return True

    return Own()


def windowed(job: FiredJob, keyed, late_tag):
    from flinkette.common import Time
    from flinkette.datastream import window
    from flinkette.ext.windows import CountEvictor, DeltaEvictor, TimeEvictor

    ms = Time.milliseconds
    stream = keyed.window(
        {
            "tumbling": lambda: window.TumblingEventTimeWindows.of(ms(job.size)),
            "sliding": lambda: window.SlidingEventTimeWindows.of(ms(job.size), ms(job.slide)),
            "session": lambda: window.EventTimeSessionWindows.with_gap(ms(job.size)),
            "own sessions": lambda: own_sessions(job.size),
            "global": window.GlobalWindows.create,
        }[job.kind]()
    )
    if job.kind != "global":
        stream = stream.allowed_lateness(job.lateness).side_output_late_data(late_tag)
    purging = window.PurgingTrigger.of
    triggers = {
        "count": lambda: window.CountTrigger.of(job.of),
        "purging count": lambda: purging(window.CountTrigger.of(job.of)),
        "purging default": lambda: purging(window.EventTimeTrigger.create()),
        "continuous": lambda: window.ContinuousEventTimeTrigger.of(ms(job.of)),
        "own": own_trigger,
    }
    if job.trigger != "default":
        stream = stream.trigger(triggers[job.trigger]())
    evictors = {
        "count": lambda: CountEvictor.of(job.keep, job.evicts_after),
        "time": lambda: TimeEvictor.of(ms(job.keep), job.evicts_after),
        "delta": lambda: DeltaEvictor.of(
            job.keep, lambda row, last: abs(last[1][0] - row[1][0]), job.evicts_after
        ),
    }
    return stream if job.evictor is None else stream.evictor(evictors[job.evictor]())


def run(job: FiredJob, batch_rows: int):
    """Run the job: results and late values in the order they came out."""
    from flinkette.common import Configuration, Duration, Row, WatermarkStrategy
    from flinkette.datastream import OutputTag, StreamExecutionEnvironment

    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", batch_rows)
    configuration.set_string("pipeline.auto-watermark-interval", f"{job.interval} ms")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(job.parallelism)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(job.bound))
    pairs = (
        env.from_collection([Row(key=key, ts=time, value=value) for key, time, value in job.rows])
        .assign_timestamps_and_watermarks(strategy.with_timestamp_assigner("ts"))
        .set_parallelism(1)
        .map(lambda row: (row["key"], (row["value"],)))
        .set_parallelism(1)
    )
    late_tag = OutputTag("late")
    windows = windowed(job, pairs.key_by(lambda pair: pair[0]), late_tag)
    reduce, aggregate, process, apply = function_classes("flinkette", job)
    stream = {
        "reduce, process": lambda: windows.reduce(reduce(), process()),
        "aggregate, apply": lambda: windows.aggregate(aggregate(), apply()),
        "process": lambda: windows.process(process()),
        "apply": lambda: windows.apply(apply()),
    }[job.function]()
    late_rows = stream.get_side_output(late_tag).map(lambda pair: ("late", pair[1][0]))
    results, late = [], []
    with stream.map(lambda row: ("on time", *row)).union(late_rows).execute_and_collect() as rows:
        for tag, *values in rows:
            late.append(values[0]) if tag == "late" else results.append(tuple(values))
    return results, late


def grouped(results, job: FiredJob):
    """Firings of each window in their order; windows of all rows have no bounds to tell."""
    groups = {}
    for key, start, end, values in results:
        bounds = () if job.kind == "global" else (start, end)
        groups.setdefault((key, *bounds), []).append(values)
    return groups


@pytest.mark.pipeline
@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_PER_TEST))
def test_random_triggers_and_evictors_agree_with_the_oracle(first: int) -> None:
    for seed in range(first, min(first + SEEDS_PER_TEST, SEEDS)):
        job = random_fired_job(seed)
        results, late = run(job, BATCH_ROWS[seed // 3 % len(BATCH_ROWS)])
        expected_results, expected_late = expected(job)
        assert grouped(results, job) == grouped(expected_results, job), job
        assert sorted(late) == sorted(expected_late), job


def test_random_jobs_have_every_kind_with_every_trigger_and_evictor_and_late_firings() -> None:
    # else the comparison would say nothing about them
    jobs = [random_fired_job(seed) for seed in range(SEEDS)]
    together = {(job.kind, job.trigger) for job in jobs}
    assert together >= {(kind, "own") for kind in KINDS}
    assert together >= {(kind, trigger) for kind in KINDS[:4] for trigger in TRIGGERS}
    assert {(job.evictor, job.evicts_after) for job in jobs} >= {
        (evictor, after) for evictor in ("count", "time", "delta") for after in (True, False)
    }
    late = sum(bool(expected(job)[1]) for job in jobs)
    again = sum(len(found) > 1 for job in jobs for found in grouped(expected(job)[0], job).values())
    assert min(late, again) * 50 > SEEDS
