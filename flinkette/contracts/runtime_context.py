"""What a function can ask of the engine: `RuntimeContext`, timers and metrics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import UnsupportedFeatureError

if TYPE_CHECKING:
    from flinkette.contracts.accumulators import (
        Accumulator,
        DoubleCounter,
        Histogram,
        IntCounter,
        LongCounter,
    )
    from flinkette.contracts.metric_group import MetricGroup
    from flinkette.contracts.state import (
        AggregatingState,
        AggregatingStateDescriptor,
        ListState,
        ListStateDescriptor,
        MapState,
        MapStateDescriptor,
        ReducingState,
        ReducingStateDescriptor,
        ValueState,
        ValueStateDescriptor,
    )

__all__ = ["KeyedStateStore", "RuntimeContext", "TimeDomain", "TimerService"]


class KeyedStateStore(ABC):
    """Gives out the state of the current key. One state per descriptor name and operator."""

    @abstractmethod
    def get_state(self, state_descriptor: ValueStateDescriptor) -> ValueState[Any]:
        """Return the value state of a descriptor."""

    @abstractmethod
    def get_list_state(self, state_descriptor: ListStateDescriptor) -> ListState[Any]:
        """Return the list state of a descriptor."""

    @abstractmethod
    def get_map_state(self, state_descriptor: MapStateDescriptor) -> MapState[Any, Any]:
        """Return the map state of a descriptor."""

    @abstractmethod
    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> ReducingState[Any]:
        """Return the reducing state of a descriptor."""

    @abstractmethod
    def get_aggregating_state(
        self, state_descriptor: AggregatingStateDescriptor
    ) -> AggregatingState[Any, Any]:
        """Return the aggregating state of a descriptor."""


class RuntimeContext(KeyedStateStore):
    """The parallel instance a function runs in, given to `Function.open`.

    State can be asked for in `open` and used while a row of a keyed stream is processed.
    """

    @abstractmethod
    def get_task_name(self) -> str:
        """Return the name of the operators that run together."""

    @abstractmethod
    def get_number_of_parallel_subtasks(self) -> int:
        """Return the parallelism."""

    @abstractmethod
    def get_max_number_of_parallel_subtasks(self) -> int:
        """Return the largest parallelism the job can be rescaled to."""

    @abstractmethod
    def get_index_of_this_subtask(self) -> int:
        """Return the index of this instance, counted from 0."""

    @abstractmethod
    def get_attempt_number(self) -> int:
        """Return how often the job was restarted."""

    @abstractmethod
    def get_task_name_with_subtasks(self) -> str:
        """Return the name with the instance, such as `map (2/3)#0`."""

    @abstractmethod
    def get_job_parameter(self, key: str, default_value: str) -> str:
        """Return a global job parameter, `default_value` if it is not set."""

    @abstractmethod
    def get_metrics_group(self) -> MetricGroup:
        """Return the group that a function registers its own metrics in."""

    @abstractmethod
    def add_accumulator(self, name: str, accumulator: Accumulator[Any, Any]) -> None:
        """Register an accumulator; the job's result has what all of the name hold together."""

    @abstractmethod
    def get_accumulator(self, name: str) -> Accumulator[Any, Any] | None:
        """Return an accumulator that this operator has registered, None if there is none."""

    @abstractmethod
    def get_int_counter(self, name: str) -> IntCounter:
        """Return the counter of ints `name`, registered when it is first asked for."""

    @abstractmethod
    def get_long_counter(self, name: str) -> LongCounter:
        """Return the counter of ints `name`, registered when it is first asked for."""

    @abstractmethod
    def get_double_counter(self, name: str) -> DoubleCounter:
        """Return the counter of floats `name`, registered when it is first asked for."""

    @abstractmethod
    def get_histogram(self, name: str) -> Histogram:
        """Return the histogram `name`, registered when it is first asked for."""


class TimeDomain(Enum):
    """The clock a timer belongs to."""

    EVENT_TIME = 0
    """Watermarks."""
    PROCESSING_TIME = 1
    """Wall clock."""


class TimerService(ABC):
    """Reads the clocks and keeps the timers of the current key.

    A timer exists once per key and time, however often it is registered.
    """

    @abstractmethod
    def current_processing_time(self) -> int:
        """Return the wall clock in ms since the epoch."""

    @abstractmethod
    def current_watermark(self) -> int:
        """Return the watermark in ms since the epoch, -2**63 before the first one."""

    @abstractmethod
    def register_processing_time_timer(self, timestamp: int) -> None:
        """Have `on_timer` called when the wall clock reaches `timestamp` (ms)."""

    @abstractmethod
    def register_event_time_timer(self, timestamp: int) -> None:
        """Have `on_timer` called when the watermark reaches `timestamp` (ms)."""

    def delete_processing_time_timer(self, timestamp: int) -> None:
        """Forget a timer of the wall clock; nothing happens if there is none."""
        raise UnsupportedFeatureError(f"{type(self).__name__} cannot delete timers")

    def delete_event_time_timer(self, timestamp: int) -> None:
        """Forget a timer of event time; nothing happens if there is none."""
        raise UnsupportedFeatureError(f"{type(self).__name__} cannot delete timers")
