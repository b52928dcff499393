"""When a call of an `AsyncFunction` is repeated: ready-made strategies and questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts.async_functions import AsyncRetryPredicate, AsyncRetryStrategy
from flinkette.contracts.errors import InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "NO_RETRY_STRATEGY",
    "ExponentialBackoffDelayRetryStrategy",
    "FixedDelayRetryStrategy",
    "NoRetryStrategy",
    "RetryPredicate",
    "empty_result_predicate",
    "exception_type_predicate",
    "has_exception_predicate",
]

OUT = TypeVar("OUT")


def empty_result_predicate(result: list[Any] | None) -> bool:
    """Ask for another attempt after a result without values."""
    return result is None or len(result) == 0


def has_exception_predicate(error: Exception) -> bool:
    """Ask for another attempt after every exception."""
    return error is not None


def exception_type_predicate(error: Exception, expected_error_type: type[Exception]) -> bool:
    """Ask for another attempt after exceptions of a class."""
    return isinstance(error, expected_error_type)


class RetryPredicate(AsyncRetryPredicate[OUT]):
    """Two questions, either of which may be missing.

    Parameters
    ----------
    result_predicate : callable or None
        Asked about each result.
    exception_predicate : callable or None
        Asked about each exception.
    """

    def __init__(
        self,
        result_predicate: Callable[[list[OUT]], bool] | None,
        exception_predicate: Callable[[Exception], bool] | None,
    ) -> None:
        self._result_predicate = result_predicate
        self._exception_predicate = exception_predicate

    def result_predicate(self) -> Callable[[list[OUT]], bool] | None:
        """Return what is asked about each result."""
        return self._result_predicate

    def exception_predicate(self) -> Callable[[Exception], bool] | None:
        """Return what is asked about each exception."""
        return self._exception_predicate


class NoRetryStrategy(AsyncRetryStrategy[OUT]):
    """Never repeats a call."""

    def can_retry(self, current_attempts: int) -> bool:
        """Tell whether another attempt may follow."""
        return False

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """Return the ms to wait before the next attempt."""
        return -1

    def get_retry_predicate(self) -> AsyncRetryPredicate[OUT]:
        """Return what decides that a call must be repeated."""
        return RetryPredicate(None, None)


NO_RETRY_STRATEGY: AsyncRetryStrategy[Any] = NoRetryStrategy()


class FixedDelayRetryStrategy(AsyncRetryStrategy[OUT]):
    """Waits the same time before each attempt.

    Parameters
    ----------
    max_attempts : int
        How many attempts may follow the first, at least 1.
    backoff_time_millis : int
        How long to wait before each, in ms, at least 1.
    result_predicate : callable or None
        Asked about each result.
    exception_predicate : callable or None
        Asked about each exception.
    """

    def __init__(
        self,
        max_attempts: int,
        backoff_time_millis: int,
        result_predicate: Callable[[list[OUT]], bool] | None,
        exception_predicate: Callable[[Exception], bool] | None,
    ) -> None:
        _require_positive("max_attempts", max_attempts)
        _require_positive("backoff_time_millis", backoff_time_millis)
        self._max_attempts = max_attempts
        self._backoff_time_millis = backoff_time_millis
        self._predicate = RetryPredicate(result_predicate, exception_predicate)

    def can_retry(self, current_attempts: int) -> bool:
        """Tell whether another attempt may follow."""
        return current_attempts <= self._max_attempts

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """Return the ms to wait before the next attempt."""
        return self._backoff_time_millis

    def get_retry_predicate(self) -> AsyncRetryPredicate[OUT]:
        """Return what decides that a call must be repeated."""
        return self._predicate


class ExponentialBackoffDelayRetryStrategy(AsyncRetryStrategy[OUT]):
    """Waits longer before each attempt, up to a maximum. Keeps no state: one serves many calls.

    Parameters
    ----------
    max_attempts : int
        How many attempts may follow the first, at least 1.
    initial_delay : int
        How long to wait before the second attempt, in ms, at least 1.
    max_retry_delay : int
        The longest wait after the first, in ms, at least 1.
    multiplier : float
        How much longer each wait is than the one before, above 0.
    result_predicate : callable or None
        Asked about each result.
    exception_predicate : callable or None
        Asked about each exception.
    """

    def __init__(
        self,
        max_attempts: int,
        initial_delay: int,
        max_retry_delay: int,
        multiplier: float,
        result_predicate: Callable[[list[OUT]], bool] | None,
        exception_predicate: Callable[[Exception], bool] | None,
    ) -> None:
        _require_positive("max_attempts", max_attempts)
        _require_positive("initial_delay", initial_delay)
        _require_positive("max_retry_delay", max_retry_delay)
        _require_positive("multiplier", multiplier)
        self._max_attempts = max_attempts
        self._initial_delay_ms = initial_delay
        self._max_delay_ms = max_retry_delay
        self._multiplier = multiplier
        self._predicate = RetryPredicate(result_predicate, exception_predicate)

    def can_retry(self, current_attempts: int) -> bool:
        """Tell whether another attempt may follow."""
        return current_attempts <= self._max_attempts

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        """Return the ms to wait before the next attempt."""
        # step by step, each a whole number of ms as in PyFlink, where the maximum holds from the
        # second wait on; a power would overflow long before the attempts are over
        delay_ms = self._initial_delay_ms
        for _ in range(1, current_attempts):
            longer_ms = int(min(delay_ms * self._multiplier, self._max_delay_ms))
            if longer_ms == delay_ms:
                break
            delay_ms = longer_ms
        return int(delay_ms)

    def get_retry_predicate(self) -> AsyncRetryPredicate[OUT]:
        """Return what decides that a call must be repeated."""
        return self._predicate


def _require_positive(what: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise InvalidTypeError(f"retry strategy: {what} must be a number above 0, got {value!r}")
