"""Processing time, timers, watermarks and idleness under a clock that the test moves."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Duration, Time, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream.functions import KeyedProcessFunction
from flinkette.datastream.window import TumblingEventTimeWindows, TumblingProcessingTimeWindows
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")


class Itself(TimestampAssigner):
    """The row is its own time."""

    def extract_timestamp(self, value: int, record_timestamp: int) -> int:
        return value


MONOTONOUS = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())


def collected(stream: Any) -> MemorySink:
    sink = MemorySink()
    stream.sink_to(sink)
    return sink


def test_processing_time_windows_fire_when_the_clock_passes_their_end() -> None:
    feed, env = Feed(), environment()
    window = TumblingProcessingTimeWindows.of(Time.milliseconds(100))
    keyed = stream_of(env, feed).map(lambda row: [row]).key_by(lambda row: 0)
    sink = collected(keyed.window(window).reduce(lambda a, b: a + b))
    run = Run(env)
    feed.rows += [1, 2]
    run.settle()
    run.advance(50)
    feed.rows.append(3)
    run.settle()
    assert sink.rows == []
    run.advance(49)
    assert sink.rows == [[1, 2, 3]]
    run.advance(1)
    feed.rows += [4, None]
    run.finish()
    assert sink.rows == [[1, 2, 3]], "windows of the clock that are open at the end never fire"


class Alarm(KeyedProcessFunction):
    """Wakes 100 ms after each row."""

    def process_element(self, value: int, ctx: Any) -> None:
        service = ctx.timer_service()
        service.register_processing_time_timer(service.current_processing_time() + 100)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), timestamp


def test_processing_time_timers_fire_at_their_time_while_the_input_is_silent() -> None:
    feed, env = Feed(), environment()
    sink = collected(stream_of(env, feed).key_by(lambda row: row).process(Alarm()))
    run = Run(env)
    feed.rows += [7]
    run.settle()
    run.advance(30)
    feed.rows += [8]
    run.settle()
    run.advance(69)
    assert sink.rows == []
    run.advance(1)
    assert sink.rows == [(7, 1100)]
    run.advance(1000)
    assert sink.rows == [(7, 1100), (8, 1130)]
    run.job.close()


def windowed(stream: Any) -> Any:
    window = TumblingEventTimeWindows.of(Time.milliseconds(10))
    keyed = stream.map(lambda row: [row]).key_by(lambda row: 0)
    return keyed.window(window).reduce(lambda a, b: a + b)


@pytest.mark.parametrize("is_at_source", [True, False])
def test_watermarks_come_with_the_clock_not_with_batches(is_at_source: bool) -> None:
    feed, env = Feed(), environment(flinkette_batch_rows=1)
    stream = stream_of(env, feed, MONOTONOUS if is_at_source else None)
    if not is_at_source:
        stream = stream.assign_timestamps_and_watermarks(MONOTONOUS)
    sink = collected(windowed(stream))
    run = Run(env)
    feed.rows += [1, 25, 2, 3]
    run.settle()
    run.advance(199)
    assert sink.rows == []
    run.advance(1)
    assert sink.rows == [[1, 2, 3]]
    run.job.close()


@pytest.mark.parametrize("is_at_source", [True, False])
def test_without_an_interval_there_is_no_watermark_before_the_end(is_at_source: bool) -> None:
    feed, env = Feed(1, 25, None), environment(pipeline_auto__watermark__interval="0 ms")
    stream = stream_of(env, feed, MONOTONOUS if is_at_source else None)
    if not is_at_source:
        stream = stream.assign_timestamps_and_watermarks(MONOTONOUS)
    sink = collected(windowed(stream))
    run = Run(env)
    for _ in range(50):
        run.job.worker.step()
        run.clock.advance(100)
    assert sink.rows == [[1], [25]]
    run.job.close()


def test_an_idle_input_does_not_hold_the_others_back() -> None:
    busy, silent, env = Feed(), Feed(), environment()
    strategy = MONOTONOUS.with_idleness(Duration.of_millis(500))
    left = stream_of(env, busy, strategy)
    sink = collected(windowed(left.union(stream_of(env, silent, strategy))))
    run = Run(env)
    busy.rows += [5, 15]
    run.settle()
    run.advance(200)
    assert sink.rows == []
    run.advance(300)
    busy.rows += [25]
    run.settle()
    run.advance(200)
    assert sink.rows[:1] == [[5]]
    # the silent one wakes up: it counts again
    silent.rows += [26]
    run.settle()
    busy.rows += [95]
    run.settle()
    run.advance(200)
    assert [95] not in sink.rows
    assert [25, 26] not in sink.rows
    busy.rows.append(None)
    silent.rows.append(None)
    run.finish()
    assert sink.rows == [[5], [15], [25, 26], [95]]


def test_an_input_that_has_rows_waiting_is_not_idle() -> None:
    feed, sink, env = Feed(), MemorySink(), environment()
    strategy = MONOTONOUS.with_idleness(Duration.of_millis(100))
    stream_of(env, feed, strategy).sink_to(sink)
    run = Run(env)
    sink.is_ready = False
    feed.rows += range(100_000)
    run.settle()
    run.advance(1000)
    sink.is_ready = True
    feed.rows.append(None)
    run.finish()
    assert sink.rows == list(range(100_000))
