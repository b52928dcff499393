"""Asynchronous functions: how they are told from others, and described to the planner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.functions import AsyncFunction
from flinkette.datastream.checks import (
    async_form,
    described,
    invalid_argument,
    refuse_async,
    require_function,
    require_instance,
    require_int,
    wrong_type,
)
from flinkette.graph.operators import AsyncDescription

if TYPE_CHECKING:
    from flinkette.contracts.async_functions import AsyncRetryStrategy

__all__ = ["async_description", "retried", "time_out_ms", "wait_description"]


def async_description(method: str, func: Any, **settings: Any) -> AsyncDescription | None:
    """Describe `map`, `flat_map` or `filter` with a function that must be awaited.

    Parameters
    ----------
    method : str
        The stream method.
    func : callable or Function
        What was passed to it.
    **settings
        Fields of the description.

    Returns
    -------
    AsyncDescription or None
        None for a plain function.

    Raises
    ------
    InvalidTypeError
        If the function is an asynchronous generator and not for `flat_map`, or only its `open` or
        `close` must be awaited.
    """
    form = async_form(func, method)
    if not form:
        refuse_async(method, func, ())
        return None
    if form == "coroutine":
        return AsyncDescription(func, method, **settings)
    if method != "flat_map":
        raise wrong_type(
            f"{method}() needs a function that returns one result, got the asynchronous generator "
            f"{described(func)}; use flat_map"
        )
    return AsyncDescription(func, "generate", **settings)


def time_out_ms(method: str, timeout: Any) -> int:
    """Return the ms of a time-out, 0 for none.

    Parameters
    ----------
    method : str
        The method, for errors.
    timeout : Time
        What was passed to it.

    Returns
    -------
    int
        Milliseconds.

    Raises
    ------
    InvalidTypeError
        If it is not a Time.
    InvalidPipelineError
        If it is negative.
    """
    from flinkette.contracts.time import Time

    require_instance(method, timeout, Time, hint="for example Time.seconds(10)")
    milliseconds: int = timeout.to_milliseconds()
    if milliseconds < 0:
        raise invalid_argument(
            f"{method}(): the time-out must not be negative, got {timeout}; 0 ms is no time-out"
        )
    return milliseconds


def retried(method: str, strategy: Any, timeout_ms: int) -> AsyncRetryStrategy[Any] | None:
    """Check a retry strategy.

    Parameters
    ----------
    method : str
        The method, for errors.
    strategy : AsyncRetryStrategy
        What was passed to it.
    timeout_ms : int
        The time-out beside it.

    Returns
    -------
    AsyncRetryStrategy or None
        None if it never repeats a call.

    Raises
    ------
    InvalidTypeError
        If it is not a strategy.
    InvalidPipelineError
        If there is no time-out, or the strategy has no predicate.
    """
    from flinkette.contracts.async_functions import AsyncRetryStrategy
    from flinkette.contracts.async_retry import NoRetryStrategy

    require_instance(
        method, strategy, AsyncRetryStrategy, hint="for example AsyncRetryStrategy.fixed_delay(...)"
    )
    if isinstance(strategy, NoRetryStrategy):
        return None
    if timeout_ms <= 0:
        raise invalid_argument(f"{method}(): calls that are repeated need a time-out above 0 ms")
    if strategy.get_retry_predicate() is None:
        raise invalid_argument(
            f"{method}(): get_retry_predicate() of {type(strategy).__name__} returned None; it "
            "must say when a call is repeated"
        )
    checked: AsyncRetryStrategy[Any] = strategy
    return checked


def wait_description(
    method: str,
    function: Any,
    timeout: Any,
    strategy: Any,
    capacity: Any,
    *,
    is_ordered: bool,
) -> AsyncDescription:
    """Check the arguments of a method of `AsyncDataStream` and describe its operator.

    Parameters
    ----------
    method : str
        The method, for errors.
    function, timeout, strategy, capacity
        What was passed to it.
    is_ordered : bool
        Whether results keep the order of the rows.

    Returns
    -------
    AsyncDescription
        The operator.

    Raises
    ------
    InvalidTypeError
        If an argument is of the wrong class, or `async_invoke` is not `async def`.
    InvalidPipelineError
        If a number is too small, or calls are repeated without a time-out.
    """
    require_function(method, function, AsyncFunction, may_wait=True)
    if not isinstance(function, AsyncFunction):
        raise wrong_type(
            f"{method}() needs an AsyncFunction, got {described(function)}; a coroutine function "
            "goes to map()"
        )
    if async_form(function, "async_invoke") != "coroutine":
        raise wrong_type(
            f"{method}(): async_invoke of {type(function).__name__} must be declared as "
            "`async def` and return a list"
        )
    timeout_ms = time_out_ms(method, timeout)
    return AsyncDescription(
        function,
        "invoke",
        is_ordered=is_ordered,
        timeout_ms=timeout_ms,
        capacity=require_int(method, "capacity", capacity, least=1),
        strategy=retried(method, strategy, timeout_ms),
    )
