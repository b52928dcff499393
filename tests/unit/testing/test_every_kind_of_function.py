"""OperatorHarness runs whatever a stream method makes, as a job would."""

from __future__ import annotations

import pytest

from flinkette.common import Time, Types, WatermarkStrategy
from flinkette.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from flinkette.datastream.window import (
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import Count, Sum
from flinkette.ext.windows import CumulativeEventTimeWindows
from flinkette.testing import LeakError, OperatorHarness, PipelineHarness

PAIR = Types.TUPLE([Types.STRING(), Types.LONG()])
ROWS = [(("ab"[n % 2], n), 1000 * n) for n in range(10)]


def name(row):
    return row[0]


def joined(one, other):
    return one[0], one[1] + other[1]


def tumbling(stream):
    return stream.window(TumblingEventTimeWindows.of(Time.seconds(4)))


KINDS = {
    "map": lambda rows: rows.map(name, Types.STRING()),
    "flat map": lambda rows: rows.flat_map(lambda row: [row[1]] * (row[1] % 3)),
    "filter": lambda rows: rows.filter(lambda row: row[1] > 3),
    "project": lambda rows: rows.project(1),
    "map of keys": lambda rows: rows.key_by(name).map(str),
    "reduce": lambda rows: rows.key_by(name).reduce(joined),
    "sum": lambda rows: rows.key_by(name).sum(1),
    "max by": lambda rows: rows.key_by(name).max_by(1),
    "tumbling": lambda rows: tumbling(rows.key_by(name)).reduce(joined),
    "sliding": lambda rows: (
        rows.key_by(name)
        .window(SlidingEventTimeWindows.of(Time.seconds(4), Time.seconds(1)))
        .reduce(joined)
    ),
    "sessions": lambda rows: (
        rows.key_by(name).window(EventTimeSessionWindows.with_gap(Time.seconds(3))).reduce(joined)
    ),
    "of all": lambda rows: rows.window_all(TumblingEventTimeWindows.of(Time.seconds(3))).reduce(
        joined
    ),
    "counts": lambda rows: rows.key_by(name).count_window(5).reduce(joined),
    "count sum": lambda rows: (
        rows.key_by(name, Types.STRING())
        .window(CountTumblingWindowAssigner.of(5))
        .aggregate(Sum(1))
    ),
    "slices": lambda rows: tumbling(rows.key_by(name, Types.STRING())).aggregate(Sum(1), Count()),
    "cumulative": lambda rows: (
        rows.key_by(name, Types.STRING())
        .window(CumulativeEventTimeWindows.of(Time.seconds(4), Time.seconds(2)))
        .aggregate(Sum(1))
    ),
}
FOR_EVER = {"reduce", "sum", "max by", "counts"}
"""Keep something of a key as long as the job lives, as in Flink."""


def made_by_a_job(make):
    """Run the same function on the same rows as a job does."""

    class Timed:
        def extract_timestamp(self, value, record_timestamp):
            return 1000 * value[1]

    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Timed())
    rows = env.from_collection([row for row, _ in ROWS], PAIR)
    return list(make(rows.assign_timestamps_and_watermarks(strategy)).execute_and_collect())


@pytest.mark.parametrize("kind", KINDS)
def test_a_harness_gives_the_rows_of_a_job(kind) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    harness = OperatorHarness(KINDS[kind](env.from_collection([], PAIR)))
    for row, time_ms in ROWS:
        harness.push(row, at=time_ms)
    harness.end()
    assert harness.rows() == made_by_a_job(KINDS[kind])
    if kind in FOR_EVER:
        with pytest.raises(LeakError, match=r"2 keys that hold|state .reduced. of key"):
            harness.close(check_leaks=True)
    else:
        harness.close(check_leaks=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipeline_of_three_subtasks_gives_the_same_rows_in_some_order(kind) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    with PipelineHarness(env, parallelism=3) as harness:
        source = harness.source(PAIR)
        made = harness.collect(KINDS[kind](source.stream))
        source.push_rows(ROWS)
        harness.end()
        assert sorted(made.rows(), key=repr) == sorted(made_by_a_job(KINDS[kind]), key=repr)


def test_in_batch_mode_running_results_come_at_the_end() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    with OperatorHarness(env.from_collection([], PAIR).key_by(name).sum(1)) as harness:
        harness.push_rows(ROWS)
        assert harness.rows() == []
        harness.end()
        assert sorted(harness.rows()) == [("a", 20), ("b", 25)]
