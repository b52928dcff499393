"""Evictors: what rows a window drops when it fires. PyFlink has none; names follow Flink's Java."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette._native.evicting import TimestampedValue, evict_far, evict_old
from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.time import milliseconds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.metric_group import MetricGroup
    from flinkette.contracts.time import Time

__all__ = ["CountEvictor", "DeltaEvictor", "Evictor", "TimeEvictor", "TimestampedValue"]

T = TypeVar("T")
W = TypeVar("W")


class Evictor(ABC, Generic[T, W]):
    """Takes rows out of a window when it fires, before or after the window function.

    A window with an evictor keeps all its rows, also for `reduce` and `aggregate`, which then run
    over the rows that `evict_before` left. What an evictor takes out is gone: the next firing of
    the window does not see it. A window that has no row when its trigger fires gives no result.
    """

    class EvictorContext(ABC):
        """What an evictor can ask. Valid during the call only."""

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """Return the wall clock in ms."""

        @abstractmethod
        def get_current_watermark(self) -> int:
            """Return the operator's watermark in ms."""

        @abstractmethod
        def get_metric_group(self) -> MetricGroup:
            """Return the operator's metrics."""

    @abstractmethod
    def evict_before(
        self,
        elements: list[TimestampedValue],
        size: int,
        window: W,
        evictor_context: Evictor.EvictorContext,
    ) -> None:
        """Take rows out that the window function must not see.

        Parameters
        ----------
        elements : list of TimestampedValue
            The window's rows in the order they arrived; change the list in place.
        size : int
            Their number.
        window : Window
            The window that fires.
        evictor_context : Evictor.EvictorContext
            Clock, watermark and metrics.
        """

    @abstractmethod
    def evict_after(
        self,
        elements: list[TimestampedValue],
        size: int,
        window: W,
        evictor_context: Evictor.EvictorContext,
    ) -> None:
        """Take rows out that the window function has seen.

        Parameters
        ----------
        elements : list of TimestampedValue
            The rows that are left, in the order they arrived; change the list in place.
        size : int
            Their number.
        window : Window
            The window that fired.
        evictor_context : Evictor.EvictorContext
            Clock, watermark and metrics.
        """


class _OnOneSide(Evictor[T, W]):
    """Base of the built-in evictors: the same work, before the function or after it."""

    def __init__(self, *, do_evict_after: bool) -> None:
        self._evicts_after = do_evict_after

    def evict_before(
        self,
        elements: list[TimestampedValue],
        size: int,
        window: W,
        evictor_context: Evictor.EvictorContext,
    ) -> None:
        """Take rows out, unless that is to come after the function."""
        if not self._evicts_after:
            self._evict(elements)

    def evict_after(
        self,
        elements: list[TimestampedValue],
        size: int,
        window: W,
        evictor_context: Evictor.EvictorContext,
    ) -> None:
        """Take rows out, if that is to come after the function."""
        if self._evicts_after:
            self._evict(elements)

    @abstractmethod
    def _evict(self, elements: list[TimestampedValue]) -> None: ...


def _require_count(value: Any) -> None:
    if not is_whole_number(value) or value < 0:
        raise InvalidPipelineError(
            f"CountEvictor: max_count must be a whole number, at least 0, got {value!r}"
        )


def _require_number(value: Any) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise InvalidTypeError(f"DeltaEvictor: threshold must be a number, got {value!r}")


class CountEvictor(_OnOneSide[T, W]):
    """Keeps the last rows, up to a number.

    Parameters
    ----------
    max_count : int
        How many, at least 0.
    do_evict_after : bool
        Whether to drop the others after the window function rather than before.
    """

    def __init__(self, max_count: int, *, do_evict_after: bool = False) -> None:
        super().__init__(do_evict_after=do_evict_after)
        _require_count(max_count)
        self.max_count = max_count

    @staticmethod
    def of(max_count: int, do_evict_after: bool = False) -> CountEvictor[Any, Any]:
        """Make the evictor that keeps the last `max_count` rows."""
        return CountEvictor(max_count, do_evict_after=do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        del elements[: max(0, len(elements) - self.max_count)]


class TimeEvictor(_OnOneSide[T, W]):
    """Keeps rows that are younger than the latest one by less than a span of event time.

    Rows without timestamps stay.

    Parameters
    ----------
    window_size : Time or int
        The span; an int is ms, > 0.
    do_evict_after : bool
        Whether to drop the others after the window function rather than before.
    """

    def __init__(self, window_size: Time | int, *, do_evict_after: bool = False) -> None:
        super().__init__(do_evict_after=do_evict_after)
        self.size_ms: int = (
            window_size
            if isinstance(window_size, int) and is_whole_number(window_size)
            else milliseconds_of(window_size, "TimeEvictor: window_size")
        )
        if self.size_ms <= 0:
            raise InvalidPipelineError(
                f"TimeEvictor: window_size must be longer than 0 ms, got {self.size_ms} ms; give a "
                "span such as Time.seconds(5)"
            )

    @staticmethod
    def of(window_size: Time, do_evict_after: bool = False) -> TimeEvictor[Any, Any]:
        """Make the evictor that keeps the rows of the last `window_size`."""
        return TimeEvictor(window_size, do_evict_after=do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        evict_old(elements, self.size_ms)


class DeltaEvictor(_OnOneSide[T, W]):
    """Keeps rows that differ from the last one by less than a threshold.

    Parameters
    ----------
    threshold : float
        Rows whose delta is this or more go.
    delta_function : callable
        ``delta_function(row, last_row)`` gives their difference.
    do_evict_after : bool
        Whether to drop the others after the window function rather than before.
    """

    def __init__(
        self,
        threshold: float,
        delta_function: Callable[[Any, Any], float],
        *,
        do_evict_after: bool = False,
    ) -> None:
        super().__init__(do_evict_after=do_evict_after)
        _require_number(threshold)
        if not callable(delta_function):
            raise InvalidTypeError(
                "DeltaEvictor: delta_function must be a function of two rows, got "
                f"{delta_function!r}"
            )
        self.threshold = threshold
        self.delta_function = delta_function

    @staticmethod
    def of(
        threshold: float,
        delta_function: Callable[[Any, Any], float],
        do_evict_after: bool = False,
    ) -> DeltaEvictor[Any, Any]:
        """Make the evictor that keeps rows nearer to the last one than `threshold`."""
        return DeltaEvictor(threshold, delta_function, do_evict_after=do_evict_after)

    def _evict(self, elements: list[TimestampedValue]) -> None:
        evict_far(elements, self.delta_function, self.threshold)
