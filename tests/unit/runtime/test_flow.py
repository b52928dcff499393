"""How rows move through subtasks: backpressure, bounded batches, resumable emission."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from flinkette.common import Time, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream import OutputTag
from flinkette.datastream.functions import KeyedProcessFunction, ProcessFunction
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.exchange.channel import LocalChannel
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")
BATCH = "flinkette_batch_rows"


def queued(run: Run) -> int:
    """Elements that wait anywhere between operators and subtasks."""
    waiting = 0
    for subtask in run.job.worker.subtasks:
        waiting += sum(len(operator.outbox) for operator in subtask.operators)
        waiting += sum(output.num_pending for output in subtask.outputs)
        for channel in getattr(subtask.input, "_channels", ()):
            assert isinstance(channel, LocalChannel)
            waiting += len(channel._elements)
    return waiting


@pytest.mark.parametrize("is_chained", [True, False])
def test_a_sink_that_is_not_ready_pauses_everything_before_it(is_chained: bool) -> None:
    feed, sink = Feed(*range(100_000)), MemorySink()
    env = environment(pipeline_operator__chaining_enabled=is_chained)
    stream_of(env, feed).map(lambda row: row).flat_map(lambda row: [row] * 3).sink_to(sink)
    run = Run(env)
    run.job.worker.step()
    sink.is_ready = False
    run.settle()
    written, left = len(sink.rows), len(feed.rows)
    for _ in range(20):
        run.advance(100)
    assert (len(sink.rows), len(feed.rows)) == (written, left)
    assert queued(run) <= 20
    sink.is_ready = True
    feed.rows.append(None)
    run.finish()
    assert len(sink.rows) == 300_000
    assert sink.calls == ["open", "finish"]


def test_one_row_that_becomes_millions_streams_through_in_bounded_batches() -> None:
    many = 3_000_000
    feed, sink = Feed(many, None), MemorySink()
    env = environment()
    stream_of(env, feed).flat_map(range).sink_to(sink)
    run = Run(env)
    slices, most = 0, 0
    while not run.job.worker.has_ended:
        before = len(sink.rows)
        run.job.worker.step()
        most = max(most, len(sink.rows) - before)
        slices += 1
    assert len(sink.rows) == many
    assert max(sink.sizes) <= 16_384
    # a step ends after 10 ms, on any machine long before half of the rows
    assert slices > 3
    assert most < many / 2
    run.job.close()


class Second(TimestampAssigner):
    """Takes the time of a row from its second field."""

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


class ToSideOutput(ProcessFunction):
    """Gives every number below the row to the side output."""

    def process_element(self, value: int, ctx: Any) -> Any:
        for each in range(value):
            yield OutputTag("side"), each


def test_a_side_output_streams_through_too() -> None:
    feed, sink, other = Feed(300_000, None), MemorySink(), MemorySink()
    env = environment()
    stream = stream_of(env, feed).process(ToSideOutput())
    stream.get_side_output(OutputTag("side")).sink_to(sink)
    stream.sink_to(other)
    Run(env).finish()
    assert (len(sink.rows), other.rows) == (300_000, [])
    assert len(sink.sizes) > 1


def test_a_watermark_that_closes_a_hundred_thousand_windows_lets_others_run() -> None:
    feed, sink = Feed(*((key, 0) for key in range(100_000)), None), MemorySink()
    env = environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    (
        stream_of(env, feed, strategy)
        .key_by(lambda row: row[0])
        .window(TumblingEventTimeWindows.of(Time.seconds(1)))
        .reduce(lambda left, right: left)
        .sink_to(sink)
    )
    run = Run(env)
    emitting = 0
    while not run.job.worker.has_ended:
        before = len(sink.rows)
        run.job.worker.step()
        emitting += len(sink.rows) > before
    assert sorted(sink.rows) == [(key, 0) for key in range(100_000)]
    assert max(sink.sizes) <= 16_384
    assert emitting > 1
    run.job.close()


class _Chain(KeyedProcessFunction):
    def process_element(self, value: int, ctx: Any) -> None:
        ctx.timer_service().register_event_time_timer(0)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        if timestamp < 30_000:
            ctx.timer_service().register_event_time_timer(timestamp + 1)
        yield timestamp


def test_timers_that_register_timers_are_a_resumable_step() -> None:
    feed, sink = Feed(1, None), MemorySink()
    env = environment()
    stream_of(env, feed).key_by(lambda row: row).process(_Chain()).sink_to(sink)
    Run(env).finish()
    assert sink.rows == list(range(30_001))
    assert max(sink.sizes) <= 16_384


@pytest.mark.parametrize("batch_rows", [1, 2, 7, 8192])
def test_the_size_of_batches_does_not_show_in_results(batch_rows: int) -> None:
    feed, sink = Feed(*range(50), None), MemorySink()
    env = environment(**{BATCH: batch_rows})
    stream_of(env, feed).key_by(lambda row: row % 3).reduce(lambda a, b: a + b).sink_to(sink)
    Run(env).finish()
    totals = [0, 0, 0]
    wanted = []
    for row in range(50):
        totals[row % 3] += row
        wanted.append(totals[row % 3])
    assert sink.rows == wanted
    assert max(sink.sizes) <= batch_rows


@pytest.mark.pipeline
def test_branches_of_a_columnar_stream_do_not_see_each_other_s_changes() -> None:
    table = pa.table({"k": [1, 2], "l": [[1], [2]]})
    stream = environment().from_arrow(table)

    def change(row: Any) -> Any:
        row["l"].append(9)
        return row["l"]

    branches = stream.map(change).union(stream.map(lambda row: row["l"]))
    assert list(branches.execute_and_collect()) == [[1, 9], [2, 9], [1], [2]]


def test_the_end_of_a_split_counts_as_work_even_alone() -> None:
    feed, sink = Feed(1, 2), MemorySink()
    env = environment()
    stream_of(env, feed).sink_to(sink)
    run = Run(env)
    run.settle()
    feed.rows.append(None)
    (subtask,) = run.job.worker.subtasks
    steps = 0
    while not subtask.has_ended:
        # a deadline in the past: one thing a step, and none may look like nothing
        assert subtask.step(0, 0)
        steps += 1
    assert (sink.rows, steps > 1) == ([1, 2], True)
