"""Micro-batches, rates and other settings of asynchronous calls."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flinkette.common import Time
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    UserFunctionError,
)
from flinkette.datastream import (
    AsyncFunction,
    AsyncRetryStrategy,
    MapFunction,
    OutputTag,
    StreamExecutionEnvironment,
)
from flinkette.ext import map_async, map_async_batches, on_row_error
from unit.runtime.jobs import Run


def numbers(last: int = 10, parallelism: int = 1) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    return env.from_collection(list(range(last)))


def rows(stream: Any) -> list[Any]:
    return list(stream.execute_and_collect())


sizes: list[int] = []


async def doubled_all(values: list[int]) -> list[int]:
    sizes.append(len(values))
    await asyncio.sleep(0)
    return [2 * value for value in values]


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("capacity", [4, None])
def test_calls_take_up_to_batch_size_rows(ordered, capacity) -> None:
    sizes.clear()
    stream = map_async_batches(
        numbers(10), doubled_all, batch_size=4, ordered=ordered, capacity=capacity
    )
    made = rows(stream)
    assert sorted(made) == [2 * value for value in range(10)]
    assert sizes == [4, 4, 2]
    assert made == sorted(made) or not ordered


def test_a_batch_that_does_not_fill_is_called_for_after_its_delay() -> None:
    """The function of the second row waits for the first one's, which would wait for a third."""
    stream = map_async_batches(
        numbers(2).map(lambda value: value),
        doubled_all,
        batch_size=100,
        max_delay=Time.milliseconds(1),
    )
    assert rows(stream) == [0, 2]


def test_a_batch_with_too_few_results_is_an_error_that_says_so() -> None:
    async def forgetful(values: list[int]) -> list[int]:
        return values[1:]

    stream = map_async_batches(numbers(3), forgetful, batch_size=3)
    with pytest.raises(
        UserFunctionError, match=r"returned 2 results for 3 rows; .*; row: \[0, 1, 2\]"
    ):
        rows(stream)


def test_a_failed_batch_fails_each_of_its_rows() -> None:
    async def picky(values: list[int]) -> list[int]:
        if 4 in values:
            raise ValueError("four")
        return values

    bad = OutputTag("bad")
    batches = map_async_batches(numbers(6), picky, batch_size=3)
    stream = on_row_error(batches, "side-output", bad)
    assert [error.value for error in rows(stream.get_side_output(bad))] == [3, 4, 5]
    batches = map_async_batches(numbers(6), picky, batch_size=3)
    assert rows(on_row_error(batches, "skip")) == [0, 1, 2]


def test_batches_are_repeated_as_the_strategy_says() -> None:
    attempts = []

    async def second(values: list[int]) -> list[int]:
        attempts.append(len(values))
        if len(attempts) == 1:
            raise OSError
        return values

    retry = AsyncRetryStrategy.fixed_delay(1, 1, None, lambda error: True)
    stream = map_async_batches(numbers(3), second, batch_size=3, retry_strategy=retry)
    assert rows(stream) == [0, 1, 2]
    assert attempts == [3, 3]


class Answers(AsyncFunction):
    async def async_invoke(self, value):
        return [value, value]


class Doubled(MapFunction):
    async def map(self, value):
        return 2 * value


async def doubled(value: int) -> int:
    return 2 * value


def test_calls_wait_for_the_rate() -> None:
    begun = []

    async def noted(value: int) -> int:
        begun.append(value)
        return value

    # one in three hours: no pause of the test makes two of it
    stream = map_async(numbers(5), noted, calls_per_second=0.0001)
    stream.print()
    run = Run(stream.get_execution_environment())
    run.settle()
    run.job.close()
    assert begun == [0]
    made = rows(map_async(numbers(40, parallelism=2), noted, calls_per_second=1000))
    assert sorted(made) == list(range(40))


@pytest.mark.parametrize(
    ("func", "expected"),
    [(Answers(), [0, 0, 1, 1]), (Doubled(), [0, 2]), (doubled, [0, 2])],
)
def test_map_async_takes_functions_of_every_kind(func, expected) -> None:
    assert rows(map_async(numbers(2), func, capacity=1)) == expected
    assert sorted(rows(map_async(numbers(2), func, ordered=False))) == expected


def test_without_results_in_time_map_async_names_the_function() -> None:
    async def hangs(value: int) -> int:
        await asyncio.Event().wait()
        return value

    stream = map_async(numbers(1), hangs, timeout=Time.milliseconds(20))
    with pytest.raises(UserFunctionError, match=r"no result within 20 ms from .*hangs, which wai"):
        rows(stream)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda s: map_async(s, len), InvalidTypeError, "needs a function declared as `async"),
        (lambda s: map_async(7, doubled), InvalidTypeError, "needs a DataStream"),
        (lambda s: map_async(s, doubled, capacity=0), InvalidPipelineError, "at least 1"),
        (lambda s: map_async(s, doubled, timeout=3), InvalidTypeError, "needs a Time"),
        (lambda s: map_async(s, doubled, calls_per_second=0), InvalidPipelineError, "above 0"),
        (lambda s: map_async(s, doubled, calls_per_second="9"), InvalidTypeError, "a number"),
        (lambda s: map_async_batches(s, len, batch_size=1), InvalidTypeError, "declared as `asy"),
        (
            lambda s: map_async_batches(s, doubled_all, batch_size=0),
            InvalidPipelineError,
            "batch_size must be at least 1",
        ),
        (
            lambda s: map_async_batches(s, doubled_all, batch_size=5, capacity=4),
            InvalidPipelineError,
            "capacity must be at least 5",
        ),
    ],
)
def test_wrong_arguments_are_refused_where_they_stand(use, error, message) -> None:
    with pytest.raises(error, match=rf"{message}.*test_async_batches\.py:\d+"):
        use(numbers())
