"""Rows of windows that have an evictor: each with its time, in the order they arrived.

The window operator's kernel keeps `TimestampedValue` objects instead of rows, hands the list to
the evictor before and after the window function, and folds what is left for `reduce` and
`aggregate`. A list belongs to its window; an evictor takes rows out of it in place.
"""

from collections.abc import Callable
from typing import Any

from flinkette._native.window_spec import WindowSpec

class TimestampedValue:
    """A row of a window, with its event time if it has one.

    Parameters
    ----------
    value : object
        The row.
    timestamp : int, optional
        Its event time in ms.
    """

    def __init__(self, value: Any, timestamp: int | None = None) -> None: ...
    def get_value(self) -> Any:
        """Return the row."""

    def get_timestamp(self) -> int:
        """Return the row's event time in ms.

        Raises
        ------
        ValueError
            If it has none; ask `has_timestamp` first.
        """

    def has_timestamp(self) -> bool:
        """Tell whether the row has an event time."""

class Evicting:
    """What a window's rows go through when it fires; used by the window kernel alone."""

    def __init__(self, spec: WindowSpec) -> None: ...

def evict_old(elements: list[TimestampedValue], keep_ms: int) -> None:
    """Take out the rows that are `keep_ms` or more older than the latest one, in place."""

def evict_far(
    elements: list[TimestampedValue], delta: Callable[[Any, Any], float], threshold: float
) -> None:
    """Take out the rows whose `delta(row, last row)` is `threshold` or more, in place."""
