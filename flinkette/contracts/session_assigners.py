"""The assigners of session windows, which grow while rows of a key follow each other closely."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts.assigners import MergingWindowAssigner, WindowAssigner, event_time_of
from flinkette.contracts.checks import is_whole_number
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.time import milliseconds_of
from flinkette.contracts.triggers import EventTimeTrigger, ProcessingTimeTrigger, Trigger
from flinkette.contracts.windows import TimeWindow, TimeWindowSerializer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from flinkette.contracts.serializer import TypeSerializer
    from flinkette.contracts.time import Time

__all__ = [
    "DynamicEventTimeSessionWindows",
    "DynamicProcessingTimeSessionWindows",
    "EventTimeSessionWindows",
    "ProcessingTimeSessionWindows",
    "SessionWindowTimeGapExtractor",
]

T = TypeVar("T")


class SessionWindowTimeGapExtractor(ABC):
    """Tells, per row, how long a session waits for the next one."""

    @abstractmethod
    def extract(self, element: Any) -> int:
        """Return the gap after `element` in ms, > 0."""


class _SessionWindows(MergingWindowAssigner[T, TimeWindow]):
    """Windows that start with a row, end `gap` after it, and become one where they meet."""

    def assign_windows(
        self, element: T, timestamp: int, context: WindowAssigner.WindowAssignerContext
    ) -> Collection[TimeWindow]:
        """Return the window that starts with the row."""
        if self.is_event_time():
            start = event_time_of(timestamp, self)
        else:
            start = context.get_current_processing_time()
        return [TimeWindow(start, start + self._gap_after(element))]

    def merge_windows(
        self,
        windows: Iterable[TimeWindow],
        callback: MergingWindowAssigner.MergeCallback[TimeWindow],
    ) -> None:
        """Tell `callback` which sessions meet."""
        TimeWindow.merge_windows(windows, callback)

    def get_default_trigger(self, env: Any) -> Trigger[T, TimeWindow]:
        """Return the trigger that fires at the session's end."""
        return EventTimeTrigger() if self.is_event_time() else ProcessingTimeTrigger()

    def get_window_serializer(self) -> TypeSerializer[TimeWindow]:
        """Return what writes start and end."""
        return TimeWindowSerializer()

    @abstractmethod
    def _gap_after(self, element: T) -> int:
        """Return the ms after a row that its session waits."""


class _StaticGap(_SessionWindows[T]):
    """Sessions with one gap."""

    def __init__(self, session_gap: int) -> None:
        owner = type(self).__name__
        if not is_whole_number(session_gap):
            raise InvalidTypeError(f"{owner}: the gap must be a number of ms, got {session_gap!r}")
        if session_gap <= 0:
            raise InvalidPipelineError(
                f"{owner}: the gap must be longer than 0 ms, got {session_gap} ms; give a span "
                "such as Time.minutes(5)"
            )
        self.gap_ms = session_gap

    def _gap_after(self, element: T) -> int:
        return self.gap_ms

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.gap_ms})"


class _DynamicGap(_SessionWindows[T]):
    """Sessions whose gap depends on the row."""

    def __init__(self, session_window_time_gap_extractor: SessionWindowTimeGapExtractor) -> None:
        extractor = session_window_time_gap_extractor
        if not callable(getattr(extractor, "extract", None)):
            raise InvalidTypeError(
                f"{type(self).__name__} needs a SessionWindowTimeGapExtractor, got {extractor!r}; "
                "subclass it and define extract(self, element)"
            )
        self.gap_extractor = extractor

    def _gap_after(self, element: T) -> int:
        gap_ms = self.gap_extractor.extract(element)
        if gap_ms <= 0:
            raise InvalidPipelineError(
                f"{type(self.gap_extractor).__name__}.extract must return a gap longer than 0 ms, "
                f"got {gap_ms} for {element!r}"
            )
        return gap_ms

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self.gap_extractor).__name__})"


class EventTimeSessionWindows(_StaticGap[T]):
    """Sessions over event time that end when no row came for a gap.

    Parameters
    ----------
    session_gap : int
        The gap in ms, > 0.

    Attributes
    ----------
    gap_ms : int
        The gap.
    """

    @staticmethod
    def with_gap(size: Time) -> EventTimeSessionWindows[Any]:
        """Make sessions with the gap `size`."""
        return EventTimeSessionWindows(milliseconds_of(size, "EventTimeSessionWindows: the gap"))

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor,
    ) -> DynamicEventTimeSessionWindows[Any]:
        """Make sessions whose gap `extractor` reads from each row."""
        return DynamicEventTimeSessionWindows(extractor)

    def is_event_time(self) -> bool:
        """Return True."""
        return True


class ProcessingTimeSessionWindows(_StaticGap[T]):
    """Sessions over the wall clock that end when no row came for a gap.

    Parameters
    ----------
    session_gap : int
        The gap in ms, > 0.

    Attributes
    ----------
    gap_ms : int
        The gap.
    """

    @staticmethod
    def with_gap(size: Time) -> ProcessingTimeSessionWindows[Any]:
        """Make sessions with the gap `size`."""
        return ProcessingTimeSessionWindows(
            milliseconds_of(size, "ProcessingTimeSessionWindows: the gap")
        )

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor,
    ) -> DynamicProcessingTimeSessionWindows[Any]:
        """Make sessions whose gap `extractor` reads from each row."""
        return DynamicProcessingTimeSessionWindows(extractor)

    def is_event_time(self) -> bool:
        """Return False."""
        return False


class DynamicEventTimeSessionWindows(_DynamicGap[T]):
    """Sessions over event time whose gap depends on the row.

    Parameters
    ----------
    session_window_time_gap_extractor : SessionWindowTimeGapExtractor
        Reads the gap from a row.

    Attributes
    ----------
    gap_extractor : SessionWindowTimeGapExtractor
        As the parameter.
    """

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor,
    ) -> DynamicEventTimeSessionWindows[Any]:
        """Make sessions whose gap `extractor` reads from each row."""
        return DynamicEventTimeSessionWindows(extractor)

    def is_event_time(self) -> bool:
        """Return True."""
        return True


class DynamicProcessingTimeSessionWindows(_DynamicGap[T]):
    """Sessions over the wall clock whose gap depends on the row.

    Parameters
    ----------
    session_window_time_gap_extractor : SessionWindowTimeGapExtractor
        Reads the gap from a row.

    Attributes
    ----------
    gap_extractor : SessionWindowTimeGapExtractor
        As the parameter.
    """

    @staticmethod
    def with_dynamic_gap(
        extractor: SessionWindowTimeGapExtractor,
    ) -> DynamicProcessingTimeSessionWindows[Any]:
        """Make sessions whose gap `extractor` reads from each row."""
        return DynamicProcessingTimeSessionWindows(extractor)

    def is_event_time(self) -> bool:
        """Return False."""
        return False
