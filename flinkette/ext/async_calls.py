"""Calls of services and models for rows: many at once, in batches, at a limited rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.functions import AsyncFunction, MapFunction
from flinkette.contracts.time import Time
from flinkette.datastream.async_methods import async_description, retried, time_out_ms
from flinkette.datastream.checks import (
    async_form,
    described,
    invalid_argument,
    require_function,
    require_instance,
    require_int,
    require_output_type,
    wrong_type,
)
from flinkette.datastream.data_stream import DataStream
from flinkette.graph.operators import AsyncDescription

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from flinkette.contracts.async_functions import AsyncRetryStrategy
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["map_async", "map_async_batches"]

FIVE_MINUTES = Time.minutes(5)
TENTH_OF_A_SECOND = Time.milliseconds(100)
BATCHES_IN_FLIGHT = 8


def map_async(
    stream: DataStream,
    func: Callable[[Any], Awaitable[Any]] | MapFunction | AsyncFunction[Any, Any],
    *,
    ordered: bool = True,
    timeout: Time = FIVE_MINUTES,
    capacity: int = 100,
    retry_strategy: AsyncRetryStrategy[Any] | None = None,
    calls_per_second: float | None = None,
    output_type: TypeInformation | None = None,
) -> DataStream:
    """Turn each row into one other row by a coroutine; `map` with settings.

    Parameters
    ----------
    stream : DataStream
        The rows.
    func : coroutine function, MapFunction with ``async def map``, or AsyncFunction
        Takes a row, returns a row; an AsyncFunction returns a list of them.
    ordered : bool
        Whether results keep the order of the rows. Otherwise they leave as they come, and none
        passes a watermark.
    timeout : Time
        How long a call may take, all attempts included; 0 ms: for ever.
    capacity : int
        Rows in flight in one subtask.
    retry_strategy : AsyncRetryStrategy, optional
        When a call is repeated; its predicates are asked about what `func` returned or raised.
    calls_per_second : float, optional
        How many calls and attempts may begin within any second, shared out evenly among the
        subtasks.
    output_type : TypeInformation, optional
        Converts and checks each result; plain Python objects if not given.

    Returns
    -------
    DataStream
        The results.

    Raises
    ------
    InvalidTypeError
        If an argument is of the wrong class, or `func` need not be awaited.
    InvalidPipelineError
        If a number is too small, or calls are repeated without a time-out.

    Examples
    --------
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> async def length(url):
    ...     return len(url)
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> urls = env.from_collection(["a", "bcd"])
    >>> map_async(urls, length, ordered=False, calls_per_second=10).get_name()
    'Map'
    """
    settings = _settings("map_async", stream, timeout, retry_strategy, calls_per_second)
    settings["is_ordered"] = ordered
    settings["capacity"] = require_int("map_async", "capacity", capacity, least=1)
    require_output_type("map_async", output_type)
    description: AsyncDescription | None
    if isinstance(func, AsyncFunction):
        is_awaited = async_form(func, "async_invoke") == "coroutine"
        description = AsyncDescription(func, "invoke", **settings) if is_awaited else None
    else:
        require_function("map_async", func, MapFunction, may_wait=True)
        description = async_description("map", func, **settings)
    if description is None:
        raise _not_awaited("map_async", func)
    return stream._append(description, "Map", output_type)


def map_async_batches(
    stream: DataStream,
    func: Callable[[list[Any]], Awaitable[list[Any]]],
    *,
    batch_size: int,
    max_delay: Time = TENTH_OF_A_SECOND,
    ordered: bool = True,
    timeout: Time = FIVE_MINUTES,
    capacity: int | None = None,
    retry_strategy: AsyncRetryStrategy[Any] | None = None,
    calls_per_second: float | None = None,
    output_type: TypeInformation | None = None,
) -> DataStream:
    """Turn each row into one other row by a coroutine that takes several at once.

    For models and services that answer many questions faster than one after the other.

    Parameters
    ----------
    stream : DataStream
        The rows.
    func : coroutine function
        Takes a list of rows, returns a list of as many results, in the same order.
    batch_size : int
        The most rows of one call.
    max_delay : Time
        How long the first row of a batch waits for the others.
    ordered : bool
        Whether results keep the order of the rows. Otherwise they leave as they come, and none
        passes a watermark.
    timeout : Time
        How long a call may take, all attempts included; 0 ms: for ever.
    capacity : int, optional
        Rows in flight in one subtask; 8 batches if not given.
    retry_strategy : AsyncRetryStrategy, optional
        When a call is repeated; its predicates are asked about the list that `func` returned, or
        what it raised.
    calls_per_second : float, optional
        How many calls and attempts may begin within any second, shared out evenly among the
        subtasks.
    output_type : TypeInformation, optional
        Converts and checks each result; plain Python objects if not given.

    Returns
    -------
    DataStream
        The results, one for each row, with the event times of the rows.

    Raises
    ------
    InvalidTypeError
        If an argument is of the wrong class, or `func` need not be awaited.
    InvalidPipelineError
        If a number is too small, or calls are repeated without a time-out.

    Notes
    -----
    A call that fails fails all its rows: with `on_row_error` each of them is skipped or put aside.

    Examples
    --------
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> async def lengths(urls):
    ...     return [len(url) for url in urls]
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> urls = env.from_collection(["a", "bcd"])
    >>> map_async_batches(urls, lengths, batch_size=32).get_name()
    'MapBatches'
    """
    method = "map_async_batches"
    settings = _settings(method, stream, timeout, retry_strategy, calls_per_second)
    require_output_type(method, output_type)
    require_instance(method, max_delay, Time, hint="for example Time.milliseconds(100)")
    size = require_int(method, "batch_size", batch_size, least=1)
    rows = BATCHES_IN_FLIGHT * size if capacity is None else capacity
    if async_form(func) != "coroutine":
        raise _not_awaited(method, func)
    description = AsyncDescription(
        func,
        "batch",
        is_ordered=ordered,
        capacity=require_int(method, "capacity", rows, least=size),
        batch_size=size,
        max_delay_ms=max(0, max_delay.to_milliseconds()),
        **settings,
    )
    return stream._append(description, "MapBatches", output_type)


def _settings(
    method: str, stream: Any, timeout: Any, strategy: Any, calls_per_second: Any
) -> dict[str, Any]:
    """Check what both functions take."""
    require_instance(method, stream, DataStream)
    timeout_ms = time_out_ms(method, timeout)
    if calls_per_second is not None:
        if isinstance(calls_per_second, bool) or not isinstance(calls_per_second, (int, float)):
            raise wrong_type(
                f"{method}(): calls_per_second must be a number, got {described(calls_per_second)}"
            )
        if not 0 < calls_per_second < float("inf"):
            raise invalid_argument(
                f"{method}(): calls_per_second must be above 0, got {calls_per_second}; leave it "
                "out for no limit"
            )
    return {
        "timeout_ms": timeout_ms,
        "strategy": None if strategy is None else retried(method, strategy, timeout_ms),
        "calls_per_second": calls_per_second,
    }


def _not_awaited(method: str, func: Any) -> Exception:
    return wrong_type(
        f"{method}() needs a function declared as `async def` that returns its result, got "
        f"{described(func)}"
    )
