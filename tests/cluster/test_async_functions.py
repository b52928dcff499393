"""Asynchronous functions on worker processes: rows, errors, and jobs that are cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flinkette.common import Configuration, Time, WatermarkStrategy
from flinkette.contracts.errors import JobCancelledError, UserFunctionError
from flinkette.datastream import AsyncDataStream, AsyncFunction, StreamExecutionEnvironment
from flinkette.datastream.connectors import NumberSequenceSource
from flinkette.ext import map_async_batches

pytestmark = pytest.mark.usefixtures("fork_server_of_the_module", "no_leaks")


def numbers(last: int) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    configuration = Configuration()
    configuration.set_integer("flinkette.execution.workers", 2)
    env.configure(configuration)
    env.set_parallelism(2)
    source = NumberSequenceSource(1, last)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")


class Slow(AsyncFunction):
    """Answers rows in another order than they come in, and never the one that it is told."""

    def __init__(self, never: int = 0) -> None:
        self.never = never

    async def async_invoke(self, value):
        if value == self.never:
            await asyncio.Event().wait()
        await asyncio.sleep(0.001 * (value % 5))
        return [(value % 7, value)]


async def negated(values: list[Any]) -> list[Any]:
    await asyncio.sleep(0.001)
    return [(key, -value) for key, value in values]


@pytest.mark.parametrize("method", ["ordered_wait", "unordered_wait"])
def test_rows_pass_asynchronous_functions_on_both_sides_of_a_keyed_exchange(method) -> None:
    stream = getattr(AsyncDataStream, method)(numbers(3000), Slow(), Time.seconds(600), 50)
    keyed = stream.key_by(lambda row: row[0])
    made = map_async_batches(keyed, negated, batch_size=16, ordered=method == "ordered_wait")
    assert sorted(made.execute_and_collect()) == sorted((n % 7, -n) for n in range(1, 3001))


def test_the_error_of_a_call_that_never_ends_comes_back() -> None:
    stream = AsyncDataStream.unordered_wait(numbers(10), Slow(never=7), Time.milliseconds(100))
    with pytest.raises(
        UserFunctionError,
        match=r"operator 'async wait operator' \(.*test_async_functions\.py:\d+\), subtask \d/2: "
        r"TimeoutError: no result within 100 ms from Slow, which waits at "
        r".*test_async_functions\.py:\d+ in async_invoke; .*; row: 7$",
    ):
        list(stream.execute_and_collect())


class Signals(AsyncFunction):
    """Prints when its subtask has all rows in flight, and when it is closed."""

    def open(self, runtime_context):
        self.in_flight = 0

    def close(self):
        print(f"closed with {self.in_flight}", flush=True)

    async def async_invoke(self, value):
        self.in_flight += 1
        if self.in_flight == 5000:
            print("full", flush=True)
        await asyncio.Event().wait()


def test_a_job_cancelled_with_10_000_calls_in_flight_ends_cleanly(capfd) -> None:
    stream = AsyncDataStream.ordered_wait(numbers(20_000), Signals(), Time.seconds(0), 5000)
    stream.print()
    client = stream.get_execution_environment().execute_async()
    printed = ""
    while printed.count("full") < 2:
        printed += capfd.readouterr().out
    client.cancel().result()
    with pytest.raises(JobCancelledError):
        client.get_job_execution_result().result()
    printed += capfd.readouterr().out
    assert printed.count("closed with 5000") == 2
