"""Triggers that fire again and again while a window is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.state import ReducingStateDescriptor
from flinkette.contracts.time import milliseconds_of
from flinkette.contracts.triggers import Trigger, TriggerResult
from flinkette.contracts.typeinfo import Types
from flinkette.contracts.windows import TimeWindow

if TYPE_CHECKING:
    from flinkette.contracts.state import ReducingState
    from flinkette.contracts.time import Time

__all__ = ["ContinuousEventTimeTrigger", "ContinuousProcessingTimeTrigger"]

T = TypeVar("T")


def _interval_ms(interval: Time, owner: str) -> int:
    interval_ms = milliseconds_of(interval, f"{owner}: the interval")
    return _checked_interval_ms(interval_ms, owner)


def _checked_interval_ms(interval_ms: int, owner: str) -> int:
    if interval_ms <= 0:
        raise InvalidPipelineError(
            f"{owner}: the interval must be longer than 0 ms, got {interval_ms} ms; give a span "
            "such as Time.seconds(1)"
        )
    return interval_ms


class _ContinuousTrigger(Trigger[T, TimeWindow]):
    """Base of the triggers that fire again and again: remembers the next firing per window."""

    def __init__(self, interval: int) -> None:
        self.interval = _checked_interval_ms(interval, type(self).__name__)
        self.state_desc = ReducingStateDescriptor("fire-time", _smaller, Types.LONG())

    def can_merge(self) -> bool:
        """Return True."""
        return True

    def _next_firing(self, ctx: Trigger.TriggerContext) -> ReducingState[Any]:
        return cast("ReducingState[Any]", ctx.get_partitioned_state(self.state_desc))

    def _time_after(self, time: int, window: TimeWindow) -> int:
        """Return the firing after `time`, at the latest the window's end."""
        return min(time + self.interval, window.max_timestamp())


def _smaller(value1: int, value2: int) -> int:
    return min(value1, value2)


class ContinuousEventTimeTrigger(_ContinuousTrigger[T]):
    """Fires at multiples of an interval of event time, and at the end of the window.

    Parameters
    ----------
    interval : int
        The interval in ms, > 0.
    """

    @staticmethod
    def of(interval: Time) -> ContinuousEventTimeTrigger[Any]:
        """Make the trigger that fires every `interval`."""
        return ContinuousEventTimeTrigger(_interval_ms(interval, "ContinuousEventTimeTrigger"))

    def on_element(
        self, element: T, timestamp: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """Fire if the window's end is past already, else plan the next firing."""
        if window.max_timestamp() <= ctx.get_current_watermark():
            return TriggerResult.FIRE
        ctx.register_event_time_timer(window.max_timestamp())
        next_firing = self._next_firing(ctx)
        if next_firing.get() is None:
            slot = timestamp - timestamp % self.interval
            self.register_next_fire_timestamp(slot, window, ctx, next_firing)
        return TriggerResult.CONTINUE

    def on_processing_time(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """Do nothing."""
        return TriggerResult.CONTINUE

    def on_event_time(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """Fire at the planned time and plan the next one; fire at the window's end."""
        if time == window.max_timestamp():
            return TriggerResult.FIRE
        next_firing = self._next_firing(ctx)
        if next_firing.get() != time:
            return TriggerResult.CONTINUE
        next_firing.clear()
        self.register_next_fire_timestamp(time, window, ctx, next_firing)
        return TriggerResult.FIRE

    def on_merge(self, window: TimeWindow, ctx: Trigger.OnMergeContext) -> None:
        """Keep the earliest planned firing of the merged windows."""
        ctx.merge_partitioned_state(self.state_desc)
        time = self._next_firing(ctx).get()
        if time is not None:
            ctx.register_event_time_timer(time)

    def clear(self, window: TimeWindow, ctx: Trigger.TriggerContext) -> None:
        """Forget the planned firing."""
        next_firing = self._next_firing(ctx)
        time = next_firing.get()
        if time is not None:
            ctx.delete_event_time_timer(time)
            next_firing.clear()

    def register_next_fire_timestamp(
        self,
        time: int,
        window: TimeWindow,
        ctx: Trigger.TriggerContext,
        fire_timestamp_state: ReducingState[Any],
    ) -> None:
        """Plan the firing after `time` (ms): remember it and ask for its timer."""
        planned = self._time_after(time, window)
        fire_timestamp_state.add(planned)
        ctx.register_event_time_timer(planned)


class ContinuousProcessingTimeTrigger(_ContinuousTrigger[T]):
    """Fires at multiples of an interval of the wall clock.

    Parameters
    ----------
    interval : int
        The interval in ms, > 0.
    """

    @staticmethod
    def of(interval: Time) -> ContinuousProcessingTimeTrigger[Any]:
        """Make the trigger that fires every `interval`."""
        return ContinuousProcessingTimeTrigger(
            _interval_ms(interval, "ContinuousProcessingTimeTrigger")
        )

    def on_element(
        self, element: T, timestamp: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """Plan the next firing if none is."""
        next_firing = self._next_firing(ctx)
        if next_firing.get() is None:
            now = ctx.get_current_processing_time()
            slot = now - now % self.interval
            self.register_next_fire_timestamp(slot, window, ctx, next_firing)
        return TriggerResult.CONTINUE

    def on_processing_time(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """Fire at the planned time and plan the next one."""
        next_firing = self._next_firing(ctx)
        if next_firing.get() != time:
            return TriggerResult.CONTINUE
        next_firing.clear()
        self.register_next_fire_timestamp(time, window, ctx, next_firing)
        return TriggerResult.FIRE

    def on_event_time(
        self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """Do nothing."""
        return TriggerResult.CONTINUE

    def on_merge(self, window: TimeWindow, ctx: Trigger.OnMergeContext) -> None:
        """Keep the earliest planned firing of the merged windows."""
        ctx.merge_partitioned_state(self.state_desc)
        time = self._next_firing(ctx).get()
        if time is not None:
            ctx.register_processing_time_timer(time)

    def clear(self, window: TimeWindow, ctx: Trigger.TriggerContext) -> None:
        """Forget the planned firing."""
        next_firing = self._next_firing(ctx)
        time = next_firing.get()
        if time is not None:
            ctx.delete_processing_time_timer(time)
            next_firing.clear()

    def register_next_fire_timestamp(
        self,
        time: int,
        window: TimeWindow,
        ctx: Trigger.TriggerContext,
        fire_timestamp_state: ReducingState[Any],
    ) -> None:
        """Plan the firing after `time` (ms): remember it and ask for its timer."""
        planned = self._time_after(time, window)
        fire_timestamp_state.add(planned)
        ctx.register_processing_time_timer(planned)
