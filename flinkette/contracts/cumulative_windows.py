"""Windows that grow step by step, as CUMULATE of Flink SQL (flinkette only)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts.assigners import WindowAssigner, event_time_of
from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.time import milliseconds_of
from flinkette.contracts.triggers import EventTimeTrigger
from flinkette.contracts.windows import TimeWindow, TimeWindowSerializer

if TYPE_CHECKING:
    from collections.abc import Collection

    from flinkette.contracts.serializer import TypeSerializer
    from flinkette.contracts.time import Time
    from flinkette.contracts.triggers import Trigger

__all__ = ["CumulativeEventTimeWindows"]

T = TypeVar("T")


class CumulativeEventTimeWindows(WindowAssigner[T, TimeWindow]):
    """Windows over event time with one start and ends a step apart, up to the largest size.

    With a largest size of a day and a step of an hour: from midnight to 1 o'clock, to 2 o'clock,
    and so on to the next midnight, where it begins again.

    Parameters
    ----------
    max_size : int
        Length of the largest window in ms, a multiple of `step`.
    step : int
        Distance of two ends in ms, > 0.
    offset : int
        Windows start at multiples of `max_size` plus `offset` ms; shorter than `max_size`.

    Attributes
    ----------
    size_ms, step_ms, offset_ms : int
        As the parameters.

    Examples
    --------
    >>> CumulativeEventTimeWindows(86_400_000, 3_600_000)
    CumulativeEventTimeWindows(86400000, 3600000, 0)
    """

    def __init__(self, max_size: int, step: int, offset: int = 0) -> None:
        owner = "CumulativeEventTimeWindows"
        for what, value in (("largest size", max_size), ("step", step), ("offset", offset)):
            if not is_whole_number(value):
                raise InvalidTypeError(
                    f"{owner}: the {what} must be a whole number of ms, got {value!r}"
                )
        if step <= 0 or max_size <= 0 or max_size % step != 0:
            raise InvalidPipelineError(
                f"{owner}: the largest size must be a multiple of the step and both longer than "
                f"0 ms, got {max_size} ms and {step} ms"
            )
        if abs(offset) >= max_size:
            raise InvalidPipelineError(
                f"{owner}: the offset must be shorter than the largest size of {max_size} ms in "
                f"either direction, got {offset} ms; use Time.milliseconds({offset % max_size})"
            )
        self.size_ms = max_size
        self.step_ms = step
        self.offset_ms = offset

    @staticmethod
    def of(
        max_size: Time, step: Time, offset: Time | None = None
    ) -> CumulativeEventTimeWindows[Any]:
        """Make windows that grow by `step` up to `max_size`.

        Parameters
        ----------
        max_size : Time
            Length of the largest window, a multiple of `step`.
        step : Time
            Distance of two ends.
        offset : Time, optional
            Windows start at multiples of `max_size` plus this.

        Returns
        -------
        CumulativeEventTimeWindows
            The assigner.

        Raises
        ------
        InvalidPipelineError
            If the spans do not fit together.
        """
        owner = "CumulativeEventTimeWindows"
        return CumulativeEventTimeWindows(
            milliseconds_of(max_size, f"{owner}: the largest size"),
            milliseconds_of(step, f"{owner}: the step"),
            0 if offset is None else milliseconds_of(offset, f"{owner}: the offset"),
        )

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """Return the windows of a row, the longest first."""
        time = event_time_of(timestamp, self)
        start = TimeWindow.get_window_start_with_offset(time, self.offset_ms, self.size_ms)
        ends = range(start + self.size_ms, time, -self.step_ms)
        return [TimeWindow(start, end) for end in ends]

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        """Return the trigger that fires at each window's end."""
        return EventTimeTrigger()

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        """Return what writes start and end."""
        return TimeWindowSerializer()

    def is_event_time(self) -> bool:
        """Return True."""
        return True

    def __repr__(self) -> str:
        return f"CumulativeEventTimeWindows({self.size_ms}, {self.step_ms}, {self.offset_ms})"
