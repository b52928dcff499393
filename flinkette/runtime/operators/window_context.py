"""What triggers and window functions get as context. One object per operator, bound per call."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.functions import AggregateFunction
from flinkette.contracts.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
)
from flinkette.runtime.context import StateStore, require_descriptor
from flinkette.runtime.user_code import bound

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette._native.state import KeyContext
    from flinkette._native.window import WindowOperator
    from flinkette.contracts.state import StateDescriptor
    from flinkette.metrics.group import MetricGroup
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.operator import OperatorInfo

__all__ = ["FunctionContext", "TriggerRuntime"]

NO_SLOT = -1
"""Stands for a merged window, whose trigger may clear its state; its timers are gone already."""


class WindowValue:
    """Value state of one window."""

    def __init__(self) -> None:
        self._value: Any = None

    def value(self) -> Any:
        """Return the value or None."""
        return self._value

    def update(self, value: Any) -> None:
        """Set the value."""
        self._value = value

    def clear(self) -> None:
        """Forget the value."""
        self._value = None


class WindowFolding(WindowValue):
    """Reducing or aggregating state of one window."""

    def __init__(self, descriptor: ReducingStateDescriptor | AggregatingStateDescriptor) -> None:
        super().__init__()
        self._aggregate: AggregateFunction | None = None
        if isinstance(descriptor, AggregatingStateDescriptor):
            self._aggregate = descriptor.get_agg_function()
        else:
            self._reduce = bound(descriptor.get_reduce_function(), "reduce")

    def get(self) -> Any:
        """Return the result or None."""
        if self._value is None or self._aggregate is None:
            return self._value
        return self._aggregate.get_result(self._value)

    def add(self, value: Any) -> None:
        """Fold a value in."""
        if self._aggregate is not None:
            before = self._aggregate.create_accumulator() if self._value is None else self._value
            self._value = self._aggregate.add(value, before)
        else:
            self._value = value if self._value is None else self._reduce(self._value, value)

    def merge(self, other: WindowFolding) -> None:
        """Fold another window's result in."""
        if other._value is None:
            return
        if self._value is None:
            self._value = other._value
        elif self._aggregate is not None:
            self._value = self._aggregate.merge(self._value, other._value)
        else:
            self._value = self._reduce(self._value, other._value)


class WindowList(WindowValue):
    """List state of one window."""

    def get(self) -> list[Any]:
        """Return the elements."""
        return list(self._value or ())

    def __iter__(self) -> Any:
        return iter(self.get())

    def add(self, value: Any) -> None:
        """Append an element."""
        self._value = [*(self._value or ()), value]

    def add_all(self, values: list[Any]) -> None:
        """Append elements."""
        self._value = [*(self._value or ()), *values]

    def update(self, values: Any) -> None:
        """Replace the elements."""
        self._value = list(values)

    def merge(self, other: WindowList) -> None:
        """Append another window's elements."""
        self.add_all(other.get())


class WindowMap(dict[Any, Any]):
    """Map state of one window."""

    put = dict.__setitem__
    put_all = dict.update
    contains = dict.__contains__

    def remove(self, key: Any) -> None:
        """Forget a key."""
        self.pop(key, None)

    def is_empty(self) -> bool:
        """Tell whether there is no entry."""
        return not self


def make_window_state(descriptor: StateDescriptor) -> Any:
    """Make the empty state a descriptor describes."""
    if descriptor.ttl_config is not None and descriptor.ttl_config.is_enabled():
        raise InvalidPipelineError(
            f"state {descriptor.get_name()!r} of a window has a time to live; it lives as long as "
            "its window: take enable_time_to_live(...) away, or use context.global_state(), the "
            "state of the key"
        )
    if isinstance(descriptor, (ReducingStateDescriptor, AggregatingStateDescriptor)):
        return WindowFolding(descriptor)
    if isinstance(descriptor, ListStateDescriptor):
        return WindowList()
    if isinstance(descriptor, MapStateDescriptor):
        return WindowMap()
    return WindowValue()


class _PerWindow:
    """States by window slot; a slot's states go when the window goes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: dict[int, dict[str, Any]] = {}
        self._slot = -1
        self._window: Any = None
        self._operator: WindowOperator | None = None

    def attach(self, operator: WindowOperator) -> None:
        """Connect to the native operator, which is made after its contexts."""
        self._operator = operator

    def bind(self, slot: int, window: Any) -> None:
        """Work on this window until the next `bind`."""
        self._slot = slot
        self._window = window

    def forget(self, slot: int) -> None:
        """Drop the states of a window that is gone."""
        self._states.pop(slot, None)

    def _state(self, slot: int, descriptor: StateDescriptor) -> Any:
        states = self._states.setdefault(slot, {})
        state = states.get(descriptor.get_name())
        if state is None:
            state = states[descriptor.get_name()] = make_window_state(descriptor)
        return state

    def current_watermark(self) -> int:
        """Return the operator's watermark in ms."""
        assert self._operator is not None
        watermark: int = self._operator.watermark
        return watermark

    def current_processing_time(self) -> int:
        """Return the processing time in ms."""
        return self._clock.now_ms()


class TriggerRuntime(_PerWindow):
    """TriggerContext and OnMergeContext for triggers written in Python, EvictorContext as well."""

    def __init__(self, clock: Clock, metrics: MetricGroup) -> None:
        super().__init__(clock)
        self._metrics = metrics
        self._merged: list[tuple[Any, dict[str, Any]]] = []

    def get_current_watermark(self) -> int:
        """Return the operator's watermark in ms."""
        return self.current_watermark()

    def get_current_processing_time(self) -> int:
        """Return the processing time in ms."""
        return self.current_processing_time()

    def get_metric_group(self) -> MetricGroup:
        """Return the operator's metrics."""
        return self._metrics

    def register_event_time_timer(self, time: int) -> None:
        """Call `on_event_time` of this window at `time` ms."""
        self._register(time, is_event_time=True)

    def register_processing_time_timer(self, time: int) -> None:
        """Call `on_processing_time` of this window at `time` ms."""
        self._register(time, is_event_time=False)

    def delete_event_time_timer(self, time: int) -> None:
        """Take a registered timer back."""
        self._delete(time, is_event_time=True)

    def delete_processing_time_timer(self, time: int) -> None:
        """Take a registered timer back."""
        self._delete(time, is_event_time=False)

    def _register(self, time: int, *, is_event_time: bool) -> None:
        assert self._operator is not None
        if self._slot != NO_SLOT:
            self._operator.register_timer(self._slot, time, is_event_time)

    def _delete(self, time: int, *, is_event_time: bool) -> None:
        assert self._operator is not None
        if self._slot != NO_SLOT:
            self._operator.delete_timer(self._slot, time, is_event_time)

    def get_partitioned_state(self, state_descriptor: StateDescriptor) -> Any:
        """Return this trigger's state for the current key and window."""
        return self._state(self._slot, state_descriptor)

    def begin_merge(self, slots: list[int], windows: list[Any]) -> None:
        """Take the states of the windows that are about to become one, the kept one's first."""
        states = [self._states.pop(slot, {}) for slot in slots]
        self._merged = list(zip(windows, states, strict=True))

    def merge(self, trigger: Any) -> None:
        """Let the trigger bring state over to the bound window, then end the merged ones."""
        if not trigger.can_merge():
            raise TypeError(
                f"{type(trigger).__name__} cannot be used with windows that merge: its can_merge() "
                "is False"
            )
        slot, window = self._slot, self._window
        trigger.on_merge(window, self)
        merged, self._merged = self._merged, []
        for merged_window, states in merged:
            self._states[NO_SLOT] = states
            self.bind(NO_SLOT, merged_window)
            trigger.clear(merged_window, self)
        self._states.pop(NO_SLOT, None)
        self.bind(slot, window)

    def merge_partitioned_state(self, state_descriptor: StateDescriptor) -> None:
        """Merge a mergeable state of the windows that became one."""
        target = self._state(self._slot, state_descriptor)
        if not hasattr(target, "merge"):
            raise TypeError(
                f"merge_partitioned_state: state {state_descriptor.get_name()!r} "
                f"({type(state_descriptor).__name__}) cannot be merged; use list, reducing or "
                "aggregating state"
            )
        for _, states in self._merged:
            state = states.get(state_descriptor.get_name())
            if state is not None:
                target.merge(state)


class FunctionContext(_PerWindow):
    """ProcessWindowFunction.Context and ProcessAllWindowFunction.Context."""

    def __init__(
        self, clock: Clock, keys: KeyContext, info: OperatorInfo, *, is_merging: bool = False
    ) -> None:
        super().__init__(clock)
        self._global_state = StateStore(keys, info, clock)
        self._window_state = WindowStateStore(refuse_state if is_merging else self.get)

    def window(self) -> Any:
        """Return the window that fires."""
        return self._window

    def window_state(self) -> WindowStateStore:
        """Return the state of the current key and window."""
        return self._window_state

    def global_state(self) -> StateStore:
        """Return the state of the current key."""
        return self._global_state

    def get(self, descriptor: StateDescriptor) -> Any:
        """Return a state of the current window."""
        return self._state(self._slot, descriptor)


class WindowStateStore:
    """KeyedStateStore of one window."""

    def __init__(self, get: Callable[[StateDescriptor], Any]) -> None:
        self._get = get
        self.get_state = partial(self._checked, "get_state")
        self.get_list_state = partial(self._checked, "get_list_state")
        self.get_map_state = partial(self._checked, "get_map_state")
        self.get_reducing_state = partial(self._checked, "get_reducing_state")
        self.get_aggregating_state = partial(self._checked, "get_aggregating_state")

    def _checked(self, method: str, descriptor: StateDescriptor) -> Any:
        require_descriptor(method, descriptor, "window_state()")
        return self._get(descriptor)


def refuse_state(descriptor: StateDescriptor) -> Any:
    """Refuse state of a window that may merge with another, as PyFlink does."""
    raise RuntimeError(
        "Per-window state is not allowed when using merging windows "
        f"(state {descriptor.get_name()!r}); use context.global_state(), the state of the key"
    )
