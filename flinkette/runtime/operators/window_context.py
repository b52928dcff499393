"""What triggers and window functions get as context. One object per operator, bound per call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.functions import AggregateFunction
from flinkette.contracts.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
)
from flinkette.runtime.context import StateStore
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
    """TriggerContext and OnMergeContext for triggers written in Python."""

    def __init__(self, clock: Clock, metrics: MetricGroup) -> None:
        super().__init__(clock)
        self._metrics = metrics
        self._merged: list[int] = []

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
        assert self._operator is not None
        self._operator.register_timer(self._slot, time, True)

    def register_processing_time_timer(self, time: int) -> None:
        """Call `on_processing_time` of this window at `time` ms."""
        assert self._operator is not None
        self._operator.register_timer(self._slot, time, False)

    def delete_event_time_timer(self, time: int) -> None:
        """Take a registered timer back."""
        assert self._operator is not None
        self._operator.delete_timer(self._slot, time, True)

    def delete_processing_time_timer(self, time: int) -> None:
        """Take a registered timer back."""
        assert self._operator is not None
        self._operator.delete_timer(self._slot, time, False)

    def get_partitioned_state(self, state_descriptor: StateDescriptor) -> Any:
        """Return this trigger's state for the current key and window."""
        return self._state(self._slot, state_descriptor)

    def begin_merge(self, keep: int, others: list[int]) -> None:
        """Remember which windows are about to become one."""
        self._merged = others

    def merge(self, trigger: Any) -> None:
        """Let the trigger merge its state; the merged windows' states go afterwards."""
        if not trigger.can_merge():
            raise TypeError(
                f"{type(trigger).__name__} cannot be used with session windows: its can_merge() "
                "is False"
            )
        trigger.on_merge(self._window, self)
        for slot in self._merged:
            self.forget(slot)
        self._merged = []

    def merge_partitioned_state(self, state_descriptor: StateDescriptor) -> None:
        """Merge a mergeable state of the windows that became one."""
        target = self._state(self._slot, state_descriptor)
        for slot in self._merged:
            target.merge(self._state(slot, state_descriptor))


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
        self.get_state = get
        self.get_list_state = get
        self.get_map_state = get
        self.get_reducing_state = get
        self.get_aggregating_state = get


def refuse_state(descriptor: StateDescriptor) -> Any:
    """Refuse state of a window that may merge with another, as PyFlink does."""
    raise RuntimeError(
        "Per-window state is not allowed when using merging windows "
        f"(state {descriptor.get_name()!r}); use context.global_state(), the state of the key"
    )
