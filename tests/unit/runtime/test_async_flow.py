"""Asynchronous functions among other operators: back-pressure, timers and the marks of windows."""

from __future__ import annotations

import asyncio

import pytest

from flinkette.common import Row, Time, WatermarkStrategy
from flinkette.contracts.errors import UserFunctionError
from flinkette.datastream import AsyncDataStream, AsyncFunction, KeyedProcessFunction
from flinkette.datastream.window import TumblingEventTimeWindows
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

FAR = Time.seconds(100_000)


class Echo(AsyncFunction):
    called = 0

    def __deepcopy__(self, memo):
        return self

    async def async_invoke(self, value):
        self.called += 1
        await asyncio.sleep(0)
        return [value]


@pytest.mark.parametrize("method", ["ordered_wait", "unordered_wait"])
def test_a_sink_that_is_not_ready_stops_calls_at_the_capacity(method) -> None:
    feed, sink, echo = Feed(*range(10_000)), MemorySink(), Echo()
    env = environment()
    rows = stream_of(env, feed).disable_chaining()
    getattr(AsyncDataStream, method)(rows, echo, FAR, 70).sink_to(sink)
    run = Run(env)
    sink.is_ready = False
    run.settle()
    # a batch of results waits for the sink, the others in the queue
    assert 70 <= echo.called <= 140
    assert sink.rows == []
    sink.is_ready = True
    feed.rows.append(None)
    run.finish()
    assert sorted(sink.rows) == list(range(10_000))


class OnlyFirst(AsyncFunction):
    async def async_invoke(self, value):
        if value:
            await asyncio.Event().wait()
        return [value]


class AfterASecond(KeyedProcessFunction):
    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        timers.register_processing_time_timer(timers.current_processing_time() + 1000)

    def on_timer(self, timestamp, ctx):
        yield "fired"


def test_timers_behind_a_function_that_waits_for_room_fire() -> None:
    feed, sink = Feed(*range(10)), MemorySink()
    env = environment()
    first = AsyncDataStream.ordered_wait(stream_of(env, feed), OnlyFirst(), FAR, 1)
    first.key_by(lambda value: value).process(AfterASecond()).sink_to(sink)
    run = Run(env)
    run.settle()
    assert sink.rows == []
    run.advance(1000)
    assert sink.rows == ["fired"]
    run.job.close()


class Slower(AsyncFunction):
    """Gives way more often the earlier a row is in its ten."""

    async def async_invoke(self, value):
        for _ in range(10 - value.number % 10):
            await asyncio.sleep(0)
        return [value]


@pytest.mark.parametrize("batch_rows", [1, 7, 1000])
def test_windows_behind_results_in_any_order_see_no_row_late(batch_rows) -> None:
    env = environment(flinkette_batch_rows=batch_rows)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("number")
    rows = env.from_collection([Row(number=number) for number in range(200)])
    timed = rows.assign_timestamps_and_watermarks(strategy)
    counts = (
        AsyncDataStream.unordered_wait(timed, Slower(), FAR, 30)
        .map(lambda row: (row.number % 3, row.number // 10, 1))
        .key_by(lambda row: row[0])
        .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
        .reduce(lambda first, second: (*first[:2], first[2] + second[2]))
    )
    made = list(counts.execute_and_collect())
    # a row that came late would be left out
    assert sum(count for _, _, count in made) == 200
    assert [window for _, window, _ in made] == sorted(window for _, window, _ in made)


class AfterAWhile(AsyncFunction):
    async def async_invoke(self, value):
        await asyncio.sleep(0.005)
        return [value]


@pytest.mark.parametrize("method", ["ordered_wait", "unordered_wait"])
def test_rows_before_a_failure_in_front_are_waited_for(method) -> None:
    def refuse_five(value):
        if value == 5:
            raise ValueError("five")
        return value

    feed, sink = Feed(*range(10)), MemorySink()
    env = environment()
    rows = stream_of(env, feed).map(refuse_five)
    getattr(AsyncDataStream, method)(rows, AfterAWhile(), FAR, 100).sink_to(sink)
    run = Run(env)
    with pytest.raises(UserFunctionError, match="five"):
        run.finish()
    assert sorted(sink.rows) == list(range(5))
    run.job.close()
