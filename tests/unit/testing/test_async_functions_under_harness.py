"""Asynchronous functions in a harness: what they wait for happens at its time, on a still clock."""

from __future__ import annotations

import asyncio

from flinkette.common import Time, Types
from flinkette.datastream import (
    AsyncDataStream,
    AsyncFunction,
    StreamExecutionEnvironment,
)
from flinkette.datastream.async_retry_strategies import FixedDelayRetryStrategy
from flinkette.ext import map_async_batches
from flinkette.testing import OperatorHarness

ENV = StreamExecutionEnvironment.get_execution_environment()
FAR = Time.seconds(600)


def numbers():
    return ENV.from_collection([0], Types.LONG())


def made_at(harness, *times):
    """Return how many rows have come out by each time."""
    counts = []
    for time in times:
        harness.set_processing_time(time)
        counts.append(len(harness.rows()))
    return counts


class Slow(AsyncFunction):
    """Answers after 100 ms; opens and closes with pauses."""

    async def open(self, runtime_context):
        await asyncio.sleep(0.001)

    async def close(self):
        await asyncio.sleep(0.001)

    async def async_invoke(self, value):
        await asyncio.sleep(0.1)
        return [value]


def test_an_answer_comes_at_its_time() -> None:
    with OperatorHarness(AsyncDataStream.ordered_wait(numbers(), Slow(), FAR)) as harness:
        harness.push(1)
        assert made_at(harness, 99, 100) == [0, 1]
        harness.push(2)
        assert made_at(harness, 199, 200) == [1, 2]


def test_pauses_follow_each_other_however_far_the_clock_is_moved_at_once() -> None:
    times = []

    async def pauses(value):
        for _ in range(3):
            await asyncio.sleep(0.01)
            times.append(harness.processing_time_ms)
        return value

    with OperatorHarness(numbers().map(pauses)) as harness:
        harness.push(1)
        harness.advance_processing_time(1000)
        assert harness.rows() == [1]
    assert times == [10, 20, 30]


class Failing(AsyncFunction):
    async def async_invoke(self, value):
        raise OSError

    def timeout(self, value):
        return ["late"]


def test_retries_and_time_outs_come_at_their_times() -> None:
    strategy = FixedDelayRetryStrategy(9, 40, None, lambda error: True)
    stream = AsyncDataStream.ordered_wait_with_retry(
        numbers(), Failing(), Time.milliseconds(100), strategy
    )
    with OperatorHarness(stream) as harness:
        harness.push(1)
        assert made_at(harness, 99, 100) == [0, 1]
        assert harness.rows() == ["late"]


def test_a_batch_that_is_not_full_is_called_for_when_its_delay_is_over() -> None:
    async def as_they_are(values):
        return values

    stream = map_async_batches(
        numbers(), as_they_are, batch_size=9, max_delay=Time.milliseconds(30)
    )
    with OperatorHarness(stream) as harness:
        harness.push(1)
        harness.push(2)
        assert made_at(harness, 29, 30) == [0, 2]
