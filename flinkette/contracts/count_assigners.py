"""The assigners of windows by the number of rows of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts.assigners import WindowAssigner
from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.state import ValueStateDescriptor
from flinkette.contracts.triggers import CountTrigger, Trigger
from flinkette.contracts.typeinfo import Types
from flinkette.contracts.windows import CountWindow, CountWindowSerializer

if TYPE_CHECKING:
    from collections.abc import Collection

    from flinkette.contracts.serializer import TypeSerializer

__all__ = ["CountSlidingWindowAssigner", "CountTumblingWindowAssigner"]

T = TypeVar("T")


def _positive_count(value: Any, owner: str, what: str) -> int:
    if not is_whole_number(value):
        raise InvalidTypeError(f"{owner}: {what} must be a number of rows, got {value!r}")
    if value <= 0:
        raise InvalidPipelineError(f"{owner}: {what} must be at least 1 row, got {value}")
    return value


class _CountWindows(WindowAssigner[T, CountWindow]):
    """Windows by the number of rows of a key; the number is kept as state of the key."""

    _state_name = ""

    def __init__(self, size: int) -> None:
        self.size = _positive_count(size, type(self).__name__, "the size")
        self._count_descriptor = ValueStateDescriptor(self._state_name, Types.LONG())

    def get_default_trigger(self, env: Any) -> Trigger[T, CountWindow]:
        """Return the trigger that fires when a window is full."""
        return CountTrigger(self.size)

    def get_window_serializer(self) -> TypeSerializer[CountWindow]:
        """Return what writes the number of a window."""
        return CountWindowSerializer()

    def is_event_time(self) -> bool:
        """Return False."""
        return False

    def _next_row(self, context: WindowAssigner.WindowAssignerContext) -> int:
        """Return the number of this row of its key, counted from 0, and count it."""
        count = context.get_runtime_context().get_state(self._count_descriptor)
        row: int = count.value() or 0
        count.update(row + 1)
        return row


class CountTumblingWindowAssigner(_CountWindows[T]):
    """Windows of so many rows of a key, one after the other; a rest never fires.

    Parameters
    ----------
    window_size : int
        Rows per window, >= 1.

    Attributes
    ----------
    size : int
        Rows per window.
    """

    _state_name = "tumble-count-assigner"

    def __init__(self, window_size: int) -> None:
        super().__init__(window_size)

    @staticmethod
    def of(window_size: int) -> CountTumblingWindowAssigner[Any]:
        """Make windows of `window_size` rows."""
        return CountTumblingWindowAssigner(window_size)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[CountWindow]:
        """Return the one window of a row."""
        return [CountWindow(self._next_row(context) // self.size)]

    def __repr__(self) -> str:
        return f"CountTumblingWindowAssigner({self.size})"


class CountSlidingWindowAssigner(_CountWindows[T]):
    """Windows of so many rows of a key that start at every so many rows.

    Parameters
    ----------
    window_size : int
        Rows per window, >= 1.
    window_slide : int
        Rows between two starts, >= 1.

    Attributes
    ----------
    size : int
        Rows per window.
    slide : int
        Rows between two starts.
    """

    _state_name = "slide-count-assigner"

    def __init__(self, window_size: int, window_slide: int) -> None:
        super().__init__(window_size)
        self.slide = _positive_count(window_slide, type(self).__name__, "the slide")

    @staticmethod
    def of(window_size: int, window_slide: int) -> CountSlidingWindowAssigner[Any]:
        """Make windows of `window_size` rows that start every `window_slide` rows."""
        return CountSlidingWindowAssigner(window_size, window_slide)

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[CountWindow]:
        """Return the windows of a row, the latest first; none if it falls between two windows."""
        row = self._next_row(context)
        last = row // self.slide
        first = max(0, (row - self.size) // self.slide + 1)
        return [CountWindow(number) for number in range(last, first - 1, -1)]

    def __repr__(self) -> str:
        return f"CountSlidingWindowAssigner({self.size}, {self.slide})"
