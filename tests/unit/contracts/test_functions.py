"""Base classes of user functions, their contexts and retry strategies."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from flinkette.contracts import functions
from flinkette.contracts.errors import InvalidTypeError, UnsupportedFeatureError
from flinkette.contracts.functions import (
    AsyncFunction,
    AsyncRetryStrategy,
    BroadcastProcessFunction,
    Function,
    KeyedBroadcastProcessFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    MapFunction,
    NullByteKeySelector,
    PassThroughWindowFunction,
    ProcessAllWindowFunction,
    ProcessFunction,
    ProcessWindowFunction,
    ReduceFunction,
    SinkFunction,
    SourceFunction,
    WindowFunction,
)
from flinkette.contracts.row_functions import as_reduce_function
from flinkette.contracts.window import TimeWindow


def test_a_function_needs_its_method_and_may_leave_out_open_and_close() -> None:
    class Twice(MapFunction):
        def map(self, value):
            return value * 2

    twice = Twice()
    assert twice.map(4) == 8
    assert twice.open(None) is None  # type: ignore[arg-type,func-returns-value]
    assert twice.close() is None  # type: ignore[func-returns-value]
    with pytest.raises(TypeError, match="abstract"):
        MapFunction()  # type: ignore[abstract]


def test_functions_and_contexts_take_type_parameters() -> None:
    assert WindowFunction[tuple, tuple, str, TimeWindow] is not None
    assert ProcessWindowFunction[int, int, str, TimeWindow] is not None
    assert ProcessWindowFunction.Context[TimeWindow] is not None
    assert ProcessAllWindowFunction.Context[TimeWindow] is not None
    assert BroadcastProcessFunction[int, int, int] is not None
    assert KeyedBroadcastProcessFunction[str, int, int, int] is not None


@pytest.mark.parametrize(
    ("context", "methods"),
    [
        (ProcessFunction.Context, {"timer_service", "timestamp"}),
        (KeyedProcessFunction.Context, {"get_current_key", "timer_service", "timestamp"}),
        (
            KeyedProcessFunction.OnTimerContext,
            {"get_current_key", "timer_service", "timestamp", "time_domain"},
        ),
        (
            KeyedCoProcessFunction.OnTimerContext,
            {"get_current_key", "timer_service", "timestamp", "time_domain"},
        ),
        (
            ProcessWindowFunction.Context,
            {
                "window",
                "current_processing_time",
                "current_watermark",
                "window_state",
                "global_state",
            },
        ),
        (ProcessAllWindowFunction.Context, {"window", "window_state", "global_state"}),
        (
            KeyedBroadcastProcessFunction.OnTimerContext,
            {
                "get_broadcast_state",
                "timestamp",
                "current_processing_time",
                "current_watermark",
                "get_current_key",
                "timer_service",
                "time_domain",
            },
        ),
    ],
)
def test_a_context_has_the_methods_of_pyflink(context: type, methods: set[str]) -> None:
    found = {name for name, _ in inspect.getmembers(context, inspect.isfunction) if name[0] != "_"}
    assert found == methods


def test_timer_contexts_are_contexts() -> None:
    for kind in (KeyedProcessFunction, KeyedCoProcessFunction):
        assert issubclass(kind.OnTimerContext, kind.Context)


def test_on_timer_and_clear_do_nothing_unless_overridden() -> None:
    class Process(KeyedProcessFunction):
        def process_element(self, value, ctx):
            yield value

    class Window(ProcessWindowFunction):
        def process(self, key, context, elements):
            return elements

    assert Process().on_timer(5, None) is None  # type: ignore[arg-type]
    assert Window().clear(None) is None  # type: ignore[arg-type,func-returns-value]


def test_every_function_class_is_a_function() -> None:
    for name in functions.__all__:
        made = getattr(functions, name)
        if name.endswith("Function") and name not in ("SourceFunction", "SinkFunction"):
            assert issubclass(made, Function), name


def test_small_helpers_do_what_they_say() -> None:
    assert NullByteKeySelector().get_key("anything") == 0
    assert list(PassThroughWindowFunction().apply("k", TimeWindow(0, 1), [1, 2])) == [1, 2]


def test_a_reduce_function_may_be_a_callable() -> None:
    reduced = as_reduce_function(lambda a, b: a - b, "reduce")
    assert isinstance(reduced, ReduceFunction)
    assert reduced.reduce(5, 3) == 2
    assert as_reduce_function(reduced, "reduce") is reduced
    for wrong in (3, None, ReduceFunction):
        with pytest.raises(InvalidTypeError, match=r"reduce needs a ReduceFunction or a callable"):
            as_reduce_function(wrong, "reduce")


@pytest.mark.parametrize("handle", [SourceFunction, SinkFunction])
def test_handles_of_java_functions_say_what_to_use_instead(handle) -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"from_source and sink_to"):
        handle("org.example.Thing")


def test_retry_strategies_count_attempts_from_one() -> None:
    # can_retry recorded from PyFlink 2.3; its growing waits stop growing after the second
    fixed = AsyncRetryStrategy.fixed_delay(3, 100, None, None)
    assert [fixed.can_retry(attempt) for attempt in range(6)] == [True] * 4 + [False] * 2
    assert {fixed.get_backoff_time_millis(attempt) for attempt in range(1, 4)} == {100}
    growing = AsyncRetryStrategy.exponential_backoff(5, 100, 1000, 2.0, None, None)
    waits = [growing.get_backoff_time_millis(attempt) for attempt in range(1, 7)]
    assert waits == [100, 200, 400, 800, 1000, 1000]
    assert not AsyncRetryStrategy.no_restart().can_retry(1)


def test_retry_predicates_are_handed_back() -> None:
    strategy = AsyncRetryStrategy.fixed_delay(1, 1, lambda result: not result, None)
    predicate = strategy.get_retry_predicate()
    asked = predicate.result_predicate()
    assert asked is not None
    assert asked([]) is True
    assert predicate.exception_predicate() is None


def test_an_async_function_that_takes_too_long_raises_and_names_the_value() -> None:
    class Slow(AsyncFunction):
        async def async_invoke(self, value):
            return [value]

    assert asyncio.run(Slow().async_invoke(1)) == [1]
    with pytest.raises(TimeoutError, match=r"value 'row 7'"):
        Slow().timeout("row 7")
