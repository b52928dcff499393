"""User functions that wait for something outside: `AsyncFunction` and when a call is repeated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette.contracts.row_functions import Function

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.time import Time

__all__ = [
    "AsyncFunction",
    "AsyncFunctionDescriptor",
    "AsyncRetryPredicate",
    "AsyncRetryStrategy",
]

IN = TypeVar("IN")
OUT = TypeVar("OUT")


class AsyncRetryPredicate(ABC, Generic[OUT]):
    """Tells after which results and exceptions a call is repeated."""

    @abstractmethod
    def result_predicate(self) -> Callable[[list[OUT]], bool] | None:
        """Return what is asked about each result, None for no question."""

    @abstractmethod
    def exception_predicate(self) -> Callable[[Exception], bool] | None:
        """Return what is asked about each exception, None for no question."""


class AsyncRetryStrategy(ABC, Generic[OUT]):
    """Tells whether and when a call is repeated. Stateless: attempts are counted by the engine."""

    @abstractmethod
    def can_retry(self, current_attempts: int) -> bool:
        """Tell whether attempt number `current_attempts` (from 1) may be followed by another."""

    @abstractmethod
    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """Return the ms to wait after attempt number `current_attempts` (from 1)."""

    @abstractmethod
    def get_retry_predicate(self) -> AsyncRetryPredicate[OUT]:
        """Return what decides that a call must be repeated."""

    @staticmethod
    def no_restart() -> AsyncRetryStrategy[Any]:
        """Return the strategy that never repeats a call."""
        from flinkette.contracts.async_retry import NO_RETRY_STRATEGY

        return NO_RETRY_STRATEGY

    @staticmethod
    def fixed_delay(
        max_attempts: int,
        backoff_time_millis: int,
        result_predicate: Callable[[list[OUT]], bool] | None,
        exception_predicate: Callable[[Exception], bool] | None,
    ) -> AsyncRetryStrategy[OUT]:
        """Return the strategy that waits the same time before each attempt."""
        from flinkette.contracts.async_retry import FixedDelayRetryStrategy

        return FixedDelayRetryStrategy(
            max_attempts, backoff_time_millis, result_predicate, exception_predicate
        )

    @staticmethod
    def exponential_backoff(
        max_attempts: int,
        initial_delay: int,
        max_retry_delay: int,
        multiplier: float,
        result_predicate: Callable[[list[OUT]], bool] | None,
        exception_predicate: Callable[[Exception], bool] | None,
    ) -> AsyncRetryStrategy[OUT]:
        """Return the strategy whose waiting time grows by `multiplier` up to a maximum (ms)."""
        from flinkette.contracts.async_retry import ExponentialBackoffDelayRetryStrategy

        return ExponentialBackoffDelayRetryStrategy(
            max_attempts,
            initial_delay,
            max_retry_delay,
            multiplier,
            result_predicate,
            exception_predicate,
        )


class AsyncFunction(Function, Generic[IN, OUT]):
    """Makes any number of values of one value and may wait while others are worked on."""

    @abstractmethod
    async def async_invoke(self, value: IN) -> list[OUT]:
        """Return the values for `value` as a list."""

    def timeout(self, value: IN) -> list[OUT]:
        """Return the values for a call that took too long; raises unless overridden.

        Raises
        ------
        TimeoutError
            Always, naming the value.
        """
        raise TimeoutError(
            f"async_invoke took longer than the time-out for the value {value!r}; raise the "
            "time-out or override timeout(self, value)"
        )


class AsyncFunctionDescriptor:
    """An async function with everything that was asked for beside it.

    Parameters
    ----------
    async_function : AsyncFunction
        The function.
    timeout : Time
        How long a call may take, retries included.
    capacity : int
        How many calls may run at once in one instance.
    async_retry_strategy : AsyncRetryStrategy
        When a call is repeated.
    output_mode : AsyncFunctionDescriptor.OutputMode
        Whether results keep the order of the rows.
    """

    class OutputMode(Enum):
        """Whether results keep the order of the rows."""

        ORDERED = 0
        UNORDERED = 1

    def __init__(
        self,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        capacity: int,
        async_retry_strategy: AsyncRetryStrategy[Any],
        output_mode: AsyncFunctionDescriptor.OutputMode,
    ) -> None:
        self.async_function = async_function
        self.timeout = timeout
        self.capacity = capacity
        self.async_retry_strategy = async_retry_strategy
        self.output_mode = output_mode
