"""Which windows a row belongs to: `WindowAssigner` and the built-in assigners.

The window operator reads the plain attributes of the built-in ones (`size_ms`, `slide_ms`,
`offset_ms`, `gap_ms`, `gap_extractor`, `size`, `slide`) and does their work natively; it calls the
methods of all others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    MissingTimestampError,
)
from flinkette.contracts.time import milliseconds_of
from flinkette.contracts.triggers import (
    EventTimeTrigger,
    NeverTrigger,
    ProcessingTimeTrigger,
    Trigger,
)
from flinkette.contracts.windows import (
    MIN_TIMESTAMP,
    GlobalWindow,
    GlobalWindowSerializer,
    TimeWindow,
    TimeWindowSerializer,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from flinkette.contracts.runtime_context import RuntimeContext
    from flinkette.contracts.serializer import TypeSerializer
    from flinkette.contracts.time import Time

__all__ = [
    "GlobalWindows",
    "MergingWindowAssigner",
    "SlidingEventTimeWindows",
    "SlidingProcessingTimeWindows",
    "TumblingEventTimeWindows",
    "TumblingProcessingTimeWindows",
    "WindowAssigner",
    "event_time_of",
]

T = TypeVar("T")
W = TypeVar("W")
W2 = TypeVar("W2")


class WindowAssigner(ABC, Generic[T, W]):
    """Decides which windows a row belongs to."""

    class WindowAssignerContext(ABC):
        """What an assigner can ask. Valid during the call only."""

        @abstractmethod
        def get_current_processing_time(self) -> int:
            """Return the wall clock in ms."""

        @abstractmethod
        def get_runtime_context(self) -> RuntimeContext:
            """Return the context that gives out state of the key."""

    @abstractmethod
    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[W]:
        """Return the windows of a row.

        Parameters
        ----------
        element : object
            The row.
        timestamp : int
            Its event time in ms; -2**63 if it has none.
        context : WindowAssigner.WindowAssignerContext
            Clock and state.
        """

    @abstractmethod
    def get_default_trigger(self, env: Any) -> Trigger[T, W]:
        """Return the trigger that is used if the program names none."""

    @abstractmethod
    def get_window_serializer(self) -> TypeSerializer[W]:
        """Return what writes the windows into checkpoints."""

    @abstractmethod
    def is_event_time(self) -> bool:
        """Tell whether windows end by watermarks (True) or by the wall clock (False)."""


class MergingWindowAssigner(WindowAssigner[T, W]):
    """An assigner whose windows can become one, such as sessions."""

    class MergeCallback(ABC, Generic[W2]):
        """Is told which windows become one."""

        @abstractmethod
        def merge(self, to_be_merged: Iterable[W2], merge_result: W2) -> None:
            """Put `merge_result` in place of the windows `to_be_merged`."""

    @abstractmethod
    def merge_windows(
        self, windows: Iterable[W], callback: MergingWindowAssigner.MergeCallback[W]
    ) -> None:
        """Tell `callback` which of the windows of one key become one."""


def event_time_of(timestamp: int | None, assigner: WindowAssigner[Any, Any]) -> int:
    """Return the event time of a row for an assigner that cannot do without.

    Raises
    ------
    MissingTimestampError
        If the row has none (None or -2**63).
    """
    if timestamp is None or timestamp <= MIN_TIMESTAMP:
        raise MissingTimestampError(
            f"{type(assigner).__name__} needs rows with event time and got one without; call "
            "assign_timestamps_and_watermarks(...) with a timestamp assigner before the window"
        )
    return timestamp


def _span_ms(value: Any, owner: str, what: str) -> int:
    """Return a whole number of ms given as an int; the constructors take ms, `of` takes spans."""
    if not is_whole_number(value):
        raise InvalidTypeError(f"{owner}: {what} must be a whole number of ms, got {value!r}")
    return value


def _positive_ms(value: Any, owner: str, what: str) -> int:
    span_ms = _span_ms(value, owner, what)
    if span_ms <= 0:
        raise InvalidPipelineError(
            f"{owner}: {what} must be longer than 0 ms, got {span_ms} ms; give a span such as "
            "Time.minutes(1)"
        )
    return span_ms


def _offset_ms(value: Any, owner: str, limit_ms: int, limit: str) -> int:
    offset_ms = _span_ms(value, owner, "the offset")
    if abs(offset_ms) >= limit_ms:
        raise InvalidPipelineError(
            f"{owner}: the offset must be shorter than the {limit} of {limit_ms} ms in either "
            f"direction, got {offset_ms} ms; windows repeat every {limit_ms} ms, so use "
            f"Time.milliseconds({offset_ms % limit_ms})"
        )
    return offset_ms


def _optional_ms(span: Time | None, what: str) -> int:
    return 0 if span is None else milliseconds_of(span, what)


class _TimeWindows(WindowAssigner[T, TimeWindow]):
    """Base of the assigners of time windows."""

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        """Return the trigger that fires at the window's end."""
        return EventTimeTrigger() if self.is_event_time() else ProcessingTimeTrigger()

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        """Return what writes start and end."""
        return TimeWindowSerializer()

    def _time_of(self, timestamp: int, context: WindowAssigner.WindowAssignerContext) -> int:
        """Return the ms that decides about the windows of a row."""
        if not self.is_event_time():
            return context.get_current_processing_time()
        return event_time_of(timestamp, self)


class _TumblingWindows(_TimeWindows[T]):
    """Windows of one size, one after the other."""

    def __init__(self, size: int, offset: int = 0) -> None:
        owner = type(self).__name__
        self.size_ms = _positive_ms(size, owner, "the size")
        self.offset_ms = _offset_ms(offset, owner, self.size_ms, "size")

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """Return the one window of a row."""
        time = self._time_of(timestamp, context)
        start = TimeWindow.get_window_start_with_offset(time, self.offset_ms, self.size_ms)
        return [TimeWindow(start, start + self.size_ms)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size_ms}, {self.offset_ms})"


class TumblingEventTimeWindows(_TumblingWindows[T]):
    """Windows of one size over event time, one after the other.

    Parameters
    ----------
    size : int
        Length in ms, > 0.
    offset : int
        Windows start at multiples of `size` plus `offset` ms; shorter than `size`.

    Attributes
    ----------
    size_ms, offset_ms : int
        As the parameters.

    Examples
    --------
    >>> TumblingEventTimeWindows.of(Time.minutes(1))
    TumblingEventTimeWindows(60000, 0)
    """

    @staticmethod
    def of(size: Time, offset: Time | None = None) -> TumblingEventTimeWindows[Any]:
        """Make windows of `size` that start `offset` after multiples of it."""
        return TumblingEventTimeWindows(
            milliseconds_of(size, "TumblingEventTimeWindows: the size"),
            _optional_ms(offset, "TumblingEventTimeWindows: the offset"),
        )

    def is_event_time(self) -> bool:
        """Return True."""
        return True


class TumblingProcessingTimeWindows(_TumblingWindows[T]):
    """Windows of one size over the wall clock, one after the other.

    Parameters
    ----------
    size : int
        Length in ms, > 0.
    offset : int
        Windows start at multiples of `size` plus `offset` ms; shorter than `size`.

    Attributes
    ----------
    size_ms, offset_ms : int
        As the parameters.
    """

    @staticmethod
    def of(size: Time, offset: Time | None = None) -> TumblingProcessingTimeWindows[Any]:
        """Make windows of `size` that start `offset` after multiples of it."""
        return TumblingProcessingTimeWindows(
            milliseconds_of(size, "TumblingProcessingTimeWindows: the size"),
            _optional_ms(offset, "TumblingProcessingTimeWindows: the offset"),
        )

    def is_event_time(self) -> bool:
        """Return False."""
        return False


class _SlidingWindows(_TimeWindows[T]):
    """Windows of one size that start at every slide; a row is in all that cover its time."""

    def __init__(self, size: int, slide: int, offset: int = 0) -> None:
        owner = type(self).__name__
        self.size_ms = _positive_ms(size, owner, "the size")
        self.slide_ms = _positive_ms(slide, owner, "the slide")
        self.offset_ms = _offset_ms(offset, owner, self.slide_ms, "slide")

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """Return the windows of a row, the latest first; none if it falls between two windows."""
        time = self._time_of(timestamp, context)
        last_start = TimeWindow.get_window_start_with_offset(time, self.offset_ms, self.slide_ms)
        starts = range(last_start, time - self.size_ms, -self.slide_ms)
        return [TimeWindow(start, start + self.size_ms) for start in starts]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size_ms}, {self.slide_ms}, {self.offset_ms})"


class SlidingEventTimeWindows(_SlidingWindows[T]):
    """Windows of one size over event time that start at every slide.

    Parameters
    ----------
    size : int
        Length in ms, > 0.
    slide : int
        Distance of two starts in ms, > 0.
    offset : int
        Windows start at multiples of `slide` plus `offset` ms; shorter than `slide`.

    Attributes
    ----------
    size_ms, slide_ms, offset_ms : int
        As the parameters.
    """

    @staticmethod
    def of(size: Time, slide: Time, offset: Time | None = None) -> SlidingEventTimeWindows[Any]:
        """Make windows of `size` that start every `slide`."""
        return SlidingEventTimeWindows(
            milliseconds_of(size, "SlidingEventTimeWindows: the size"),
            milliseconds_of(slide, "SlidingEventTimeWindows: the slide"),
            _optional_ms(offset, "SlidingEventTimeWindows: the offset"),
        )

    def is_event_time(self) -> bool:
        """Return True."""
        return True


class SlidingProcessingTimeWindows(_SlidingWindows[T]):
    """Windows of one size over the wall clock that start at every slide.

    Parameters
    ----------
    size : int
        Length in ms, > 0.
    slide : int
        Distance of two starts in ms, > 0.
    offset : int
        Windows start at multiples of `slide` plus `offset` ms; shorter than `slide`.

    Attributes
    ----------
    size_ms, slide_ms, offset_ms : int
        As the parameters.
    """

    @staticmethod
    def of(
        size: Time, slide: Time, offset: Time | None = None
    ) -> SlidingProcessingTimeWindows[Any]:
        """Make windows of `size` that start every `slide`."""
        return SlidingProcessingTimeWindows(
            milliseconds_of(size, "SlidingProcessingTimeWindows: the size"),
            milliseconds_of(slide, "SlidingProcessingTimeWindows: the slide"),
            _optional_ms(offset, "SlidingProcessingTimeWindows: the offset"),
        )

    def is_event_time(self) -> bool:
        """Return False."""
        return False


class GlobalWindows(WindowAssigner[T, GlobalWindow]):
    """One window for all rows of a key; fires only with a trigger of your own."""

    @staticmethod
    def create() -> GlobalWindows[Any]:
        """Make the assigner."""
        return GlobalWindows()

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[GlobalWindow]:
        """Return the one window."""
        return [GlobalWindow.get()]

    def get_default_trigger(self, env: Any) -> Trigger[T, GlobalWindow]:
        """Return the trigger that never fires."""
        return NeverTrigger()

    def get_window_serializer(self) -> TypeSerializer[GlobalWindow]:
        """Return what writes the window."""
        return GlobalWindowSerializer()

    def is_event_time(self) -> bool:
        """Return False."""
        return False

    def __repr__(self) -> str:
        return "GlobalWindows()"
