"""Asynchronous functions in this process: order, time-outs, retries, errors, ends."""

from __future__ import annotations

import asyncio
import functools
import gc
from typing import Any

import pytest

from flinkette.common import Time, Types
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    RowConversionError,
    UserFunctionError,
)
from flinkette.datastream import (
    AsyncDataStream,
    AsyncFunction,
    AsyncRetryStrategy,
    FilterFunction,
    MapFunction,
    OutputTag,
    ProcessFunction,
    ReduceFunction,
    StreamExecutionEnvironment,
)
from flinkette.ext import on_row_error
from unit.runtime.jobs import Run

FAR = Time.seconds(600)


def numbers(last: int = 10, parallelism: int = 1) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    return env.from_collection(list(range(last)))


def rows(stream: Any) -> list[Any]:
    return list(stream.execute_and_collect())


class Echo(AsyncFunction):
    """Answers with the row, and keeps count of what is in flight."""

    most = 0

    def __init__(self) -> None:
        self.in_flight = 0

    async def async_invoke(self, value):
        self.in_flight += 1
        Echo.most = max(Echo.most, self.in_flight)
        for _ in range(value % 4):
            await asyncio.sleep(0)
        self.in_flight -= 1
        return [value]


class Never(AsyncFunction):
    """Answers for no odd row."""

    async def async_invoke(self, value):
        if value % 2:
            await asyncio.Event().wait()  # here it waits
        return [value]


@pytest.mark.parametrize("method", ["ordered_wait", "unordered_wait"])
@pytest.mark.parametrize("capacity", [1, 3, 100])
def test_every_row_is_answered_and_no_more_than_the_capacity_are_in_flight(
    method, capacity
) -> None:
    Echo.most = 0
    made = rows(getattr(AsyncDataStream, method)(numbers(50), Echo(), FAR, capacity))
    assert sorted(made) == list(range(50))
    if method == "ordered_wait" or capacity == 1:
        assert made == list(range(50))
    assert Echo.most <= capacity
    assert (Echo.most == 1) == (capacity == 1)


class LastFirst(AsyncFunction):
    """Answers the first row when the last one has come."""

    def open(self, runtime_context):
        self.last_has_come = asyncio.Event()

    async def async_invoke(self, value):
        if value == 0:
            await self.last_has_come.wait()
        elif value == 7:
            self.last_has_come.set()
        return [value]


def test_results_overtake_each_other_only_when_unordered() -> None:
    assert rows(AsyncDataStream.unordered_wait(numbers(8), LastFirst(), FAR)) == [
        *range(1, 8),
        0,
    ]
    assert rows(AsyncDataStream.ordered_wait(numbers(8), LastFirst(), FAR)) == list(range(8))


async def doubled(value: int) -> int:
    await asyncio.sleep(0)
    return 2 * value


async def repeated(value: int) -> list[int] | None:
    await asyncio.sleep(0)
    return [value] * value if value else None


async def counted(value: int) -> Any:
    for each in range(value):
        await asyncio.sleep(0)
        yield each


async def is_odd(value: int) -> bool:
    await asyncio.sleep(0)
    return value % 2 == 1


class Doubled(MapFunction):
    def open(self, runtime_context):
        self.index = runtime_context.get_index_of_this_subtask()
        self.loop = asyncio.get_running_loop()

    async def map(self, value):
        assert asyncio.get_running_loop() is self.loop
        return 2 * value + 1000 * self.index


class Odd(FilterFunction):
    async def filter(self, value):
        return value % 2


class Called:
    async def __call__(self, value):
        return 2 * value


@pytest.mark.parametrize(
    ("method", "func", "expected"),
    [
        ("map", doubled, [0, 2, 4, 6]),
        ("map", functools.partial(doubled), [0, 2, 4, 6]),
        ("map", Doubled(), [0, 2, 4, 6]),
        ("map", Called(), [0, 2, 4, 6]),
        ("flat_map", repeated, [1, 2, 2, 3, 3, 3]),
        ("flat_map", counted, [0, 0, 1, 0, 1, 2]),
        ("filter", is_odd, [1, 3]),
        ("filter", Odd(), [1, 3]),
    ],
)
def test_coroutine_functions_are_awaited_in_order(method, func, expected) -> None:
    assert rows(getattr(numbers(4), method)(func)) == expected


def test_results_are_converted_and_safe_from_later_changes() -> None:
    kept: list[int] = []

    async def grow(value: int) -> list[int]:
        kept.append(value)
        await asyncio.sleep(0)
        return kept

    made = rows(numbers(3).map(grow))
    assert [len(each) for each in made] == [3, 3, 3]
    made[0].append(7)
    assert len(kept) == 3
    assert rows(numbers(2).map(doubled, output_type=Types.DOUBLE())) == [0.0, 2.0]
    with pytest.raises(RowConversionError, match=r"'Map' .*test_async_functions\.py:\d+.*row: 0"):
        rows(numbers(2).map(doubled, output_type=Types.STRING()))


def test_keyed_and_parallel_streams_have_a_loop_in_each_subtask() -> None:
    stream = numbers(40, parallelism=4).key_by(lambda value: value % 7).map(Doubled())
    assert len(set(rows(stream.map(doubled)))) == 40


def test_functions_after_one_another_each_have_their_calls_in_flight() -> None:
    assert rows(numbers(30).map(doubled).filter(is_odd).map(doubled)) == []
    assert rows(numbers(30).map(doubled).map(lambda x: x + 1).map(doubled)) == [
        4 * value + 2 for value in range(30)
    ]


@pytest.mark.parametrize("method", ["ordered_wait", "unordered_wait"])
def test_an_async_function_that_never_ends_is_named_by_the_time_out(method) -> None:
    stream = getattr(AsyncDataStream, method)(numbers(4), Never(), Time.milliseconds(30))
    with pytest.raises(
        UserFunctionError,
        match=r"operator 'async wait operator' \(.*test_async_functions\.py:\d+\): TimeoutError: "
        r"no result within 30 ms from Never, which waits at .*test_async_functions\.py:\d+ in "
        r"async_invoke; raise the time-out, or override timeout\(self, value\); row: 1$",
    ):
        rows(stream)


def test_timeout_gives_the_results_of_calls_that_took_too_long() -> None:
    class Patient(Never):
        def timeout(self, value):
            return [-value, -value]

    stream = AsyncDataStream.ordered_wait(numbers(4), Patient(), Time.milliseconds(30))
    assert rows(stream) == [0, -1, -1, 2, -3, -3]


class Unreliable(AsyncFunction):
    """Succeeds at the third attempt."""

    def open(self, runtime_context):
        self.attempts: dict[int, int] = {}

    async def async_invoke(self, value):
        self.attempts[value] = attempt = self.attempts.get(value, 0) + 1
        if attempt < 3:
            raise OSError(f"attempt {attempt}")
        return [(value, attempt)]


def strategy(max_attempts: int) -> AsyncRetryStrategy:
    return AsyncRetryStrategy.fixed_delay(
        max_attempts, 1, None, lambda error: isinstance(error, OSError)
    )


@pytest.mark.parametrize("method", ["ordered_wait_with_retry", "unordered_wait_with_retry"])
def test_calls_are_repeated_as_the_strategy_says(method) -> None:
    stream = getattr(AsyncDataStream, method)(numbers(5), Unreliable(), FAR, strategy(2))
    assert sorted(rows(stream)) == [(value, 3) for value in range(5)]


def test_the_last_attempt_decides_and_the_time_out_covers_all() -> None:
    few = AsyncDataStream.ordered_wait_with_retry(numbers(1), Unreliable(), FAR, strategy(1))
    with pytest.raises(UserFunctionError, match=r"OSError: attempt 2 at .*async_invoke; row: 0"):
        rows(few)

    class Empty(AsyncFunction):
        async def async_invoke(self, value):
            return []

    slow = AsyncRetryStrategy.fixed_delay(1000, 10, lambda made: not made, None)
    endless = AsyncDataStream.ordered_wait_with_retry(
        numbers(1), Empty(), Time.milliseconds(50), slow
    )
    with pytest.raises(UserFunctionError, match=r"no result within 50 ms in \d+ attempts from"):
        rows(endless)


def test_a_predicate_that_raises_fails_its_row() -> None:
    bad = AsyncRetryStrategy.fixed_delay(1, 1, lambda made: made["x"], None)
    stream = AsyncDataStream.ordered_wait_with_retry(numbers(1), Echo(), FAR, bad)
    with pytest.raises(UserFunctionError, match="TypeError: list indices"):
        rows(stream)


async def divided(value: int) -> float:
    await asyncio.sleep(0)
    return 6 / (value - 2)


def test_an_error_names_operator_line_and_value_after_the_rows_before_it() -> None:
    made = []

    def keep(value: float) -> float:
        made.append(value)
        return value

    with pytest.raises(
        UserFunctionError,
        match=r"operator 'Map' \(.*test_async_functions\.py:\d+\): ZeroDivisionError: .* at "
        r".*test_async_functions\.py:\d+ in divided; row: 2",
    ) as caught:
        rows(numbers(5).map(divided).map(keep))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert made == [-3.0, -6.0]


def test_failed_rows_are_skipped_or_put_aside() -> None:
    assert rows(on_row_error(numbers(4).map(divided), "skip")) == [-3.0, -6.0, 6.0]
    bad = OutputTag("bad")
    stream = on_row_error(numbers(4).map(divided), "side-output", bad)
    (error,) = rows(stream.get_side_output(bad))
    assert error.value == 2
    assert "ZeroDivisionError" in error.error


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "TypeError: the result is None; return a list"),
        (7, r"TypeError: the result is of type int, not a list; return \[result\]"),
    ],
)
def test_a_result_that_is_no_list_is_an_error(result, message) -> None:
    class Wrong(AsyncFunction):
        async def async_invoke(self, value):
            return result

    with pytest.raises(UserFunctionError, match=message):
        rows(AsyncDataStream.ordered_wait(numbers(1), Wrong(), FAR))


def test_a_function_that_cancels_itself_fails_its_row() -> None:
    async def cancelled(value: int) -> int:
        raise asyncio.CancelledError

    with pytest.raises(UserFunctionError, match=r"CancelledError.* in cancelled; row: 0"):
        rows(numbers(3).map(cancelled))


class Watched(AsyncFunction):
    """Tells what became of it; rows of the class swallow what cancels them, once or for ever."""

    events: list[str]
    swallows = 0

    def open(self, runtime_context):
        Watched.events = ["open"]

    async def close(self):
        await asyncio.sleep(0)
        Watched.events.append("close")

    async def async_invoke(self, value):
        left = self.swallows
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                Watched.events.append("cancelled")
                left -= 1
                if left < 0:
                    raise


def test_a_job_that_is_cancelled_with_10_000_calls_in_flight_ends_them_all() -> None:
    stream = AsyncDataStream.unordered_wait(numbers(12_000), Watched(), Time.seconds(0), 10_000)
    stream.print()
    run = Run(stream.get_execution_environment())
    run.settle()
    (operator,) = [
        operator
        for subtask in run.job.worker.subtasks
        for operator in subtask.operators
        if hasattr(operator, "_queue")
    ]
    assert [row.value for row in operator._queue.in_flight()] == list(range(10_000))
    run.job.close()
    assert Watched.events.count("cancelled") == 10_000
    assert Watched.events[-1] == "close"


@pytest.mark.parametrize("swallows", [1, 10**9])
def test_calls_that_swallow_their_cancellation_do_not_keep_a_job(
    swallows, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(Watched, "swallows", swallows)
    stream = AsyncDataStream.unordered_wait(numbers(3), Watched(), Time.seconds(0))
    stream.print()
    run = Run(stream.get_execution_environment())
    run.settle()
    run.job.close()
    assert "close" in Watched.events
    assert ("left behind" in caplog.text) == (swallows > 1)
    gc.collect()


def test_a_job_runs_where_a_loop_runs_already() -> None:
    async def program() -> list[int]:
        return rows(numbers(5).map(doubled))

    assert asyncio.run(program()) == [0, 2, 4, 6, 8]


def test_open_and_close_are_called_once_and_their_errors_name_the_operator() -> None:
    class Broken(Echo):
        def open(self, runtime_context):
            raise OSError("no service")

    with pytest.raises(UserFunctionError, match=r"'async wait operator' .*OSError: no service at"):
        rows(AsyncDataStream.ordered_wait(numbers(1), Broken(), FAR))


def test_state_is_refused() -> None:
    from flinkette.datastream.state import ValueStateDescriptor

    class Stateful(Echo):
        def open(self, runtime_context):
            self.state = runtime_context.get_state(ValueStateDescriptor("n", Types.LONG()))

    keyed = numbers(1).key_by(lambda value: value)
    with pytest.raises(InvalidPipelineError, match=r"state 'n' .* by an asynchronous function"):
        rows(AsyncDataStream.ordered_wait(keyed, Stateful(), FAR))


class PlainInvoke(AsyncFunction):
    def async_invoke(self, value):
        return [value]


class AsyncProcess(ProcessFunction):
    async def process_element(self, value, ctx):
        yield value


class AsyncReduce(ReduceFunction):
    async def reduce(self, first, second):
        return first


class AsyncOpen(MapFunction):
    async def open(self, runtime_context):
        pass

    def map(self, value):
        return value


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda s: AsyncDataStream.ordered_wait(s, doubled, FAR), "a coroutine function goes to"),
        (lambda s: AsyncDataStream.ordered_wait(s, PlainInvoke(), FAR), "must be declared as"),
        (lambda s: AsyncDataStream.ordered_wait(s, Echo, FAR), "not an instance"),
        (lambda s: AsyncDataStream.ordered_wait(s, Echo(), 5), "needs a Time"),
        (lambda s: AsyncDataStream.ordered_wait(s, Echo(), FAR, "9"), "capacity must be an int"),
        (lambda s: AsyncDataStream.ordered_wait(7, Echo(), FAR), "needs a DataStream"),
        (lambda s: AsyncDataStream.ordered_wait_with_retry(s, Echo(), FAR, None), "Strategy"),
        (lambda s: s.map(counted), "asynchronous generator"),
        (lambda s: s.process(AsyncProcess()), "AsyncProcess.process_element is declared as"),
        (lambda s: s.key_by(doubled), "cannot await"),
        (lambda s: s.key_by(lambda x: x).reduce(AsyncReduce()), "AsyncReduce.reduce is declared"),
        (lambda s: s.map(AsyncOpen()), "AsyncOpen.open is declared as"),
    ],
)
def test_wrong_arguments_are_refused_where_they_stand(use, message) -> None:
    with pytest.raises(InvalidTypeError, match=rf"{message}.*test_async_functions\.py:\d+"):
        use(numbers())


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda s: AsyncDataStream.ordered_wait(s, Echo(), FAR, 0), "capacity must be at least 1"),
        (lambda s: AsyncDataStream.ordered_wait(s, Echo(), Time.seconds(-1)), "not be negative"),
        (
            lambda s: AsyncDataStream.ordered_wait_with_retry(
                s, Echo(), Time.seconds(0), strategy(1)
            ),
            "need a time-out",
        ),
    ],
)
def test_wrong_values_are_refused_where_they_stand(use, message) -> None:
    with pytest.raises(InvalidPipelineError, match=rf"{message}.*test_async_functions\.py:\d+"):
        use(numbers())
