"""What rich functions get in `open`: task facts, keyed state, metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.state import FoldingState, ListState, MapState, ValueState
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.functions import AggregateFunction, RuntimeContext
from flinkette.runtime.user_code import bound

if TYPE_CHECKING:
    from flinkette._native.state import KeyContext
    from flinkette.contracts.state import (
        AggregatingStateDescriptor,
        ListStateDescriptor,
        MapStateDescriptor,
        ReducingStateDescriptor,
        StateDescriptor,
        ValueStateDescriptor,
    )
    from flinkette.metrics.group import MetricGroup
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["StateStore", "SubtaskRuntimeContext"]


class StateStore:
    """Keyed state by descriptor; one store per operator and namespace. Slot thread only."""

    def __init__(self, keys: KeyContext | None, info: OperatorInfo) -> None:
        self._keys = keys
        self._info = info

    def _column(self, descriptor: StateDescriptor) -> Any:
        if self._keys is None:
            raise InvalidPipelineError(
                f"operator {self._info.name!r} ({self._info.node.call_site}): state "
                f"{descriptor.get_name()!r} needs a keyed stream; call key_by(...) first"
            )
        return self._keys.column(descriptor.get_name())

    def get_state(self, state_descriptor: ValueStateDescriptor) -> Any:
        """Return the value state of the current key."""
        return ValueState(self._column(state_descriptor))

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> Any:
        """Return the list state of the current key."""
        return ListState(self._column(state_descriptor))

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> Any:
        """Return the map state of the current key."""
        return MapState(self._column(state_descriptor))

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> Any:
        """Return the reducing state of the current key."""
        reduce = bound(state_descriptor.get_reduce_function(), "reduce")
        return FoldingState(self._column(state_descriptor), None, reduce, None)

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> Any:
        """Return the aggregating state of the current key."""
        func: AggregateFunction = state_descriptor.get_agg_function()
        return FoldingState(
            self._column(state_descriptor), func.create_accumulator, func.add, func.get_result
        )


class SubtaskRuntimeContext(StateStore, RuntimeContext):
    """RuntimeContext of one function in one subtask. Slot thread only."""

    def __init__(
        self, context: SubtaskContext, info: OperatorInfo, keys: KeyContext | None
    ) -> None:
        super().__init__(keys, info)
        self._context = context
        self._metrics = context.metrics.of(info.node.node_id, info.name)

    def get_task_name(self) -> str:
        return self._context.task_name

    def get_number_of_parallel_subtasks(self) -> int:
        return self._context.parallelism

    def get_max_number_of_parallel_subtasks(self) -> int:
        return self._context.max_parallelism

    def get_index_of_this_subtask(self) -> int:
        return self._context.subtask_index

    def get_attempt_number(self) -> int:
        return 0

    def get_task_name_with_subtasks(self) -> str:
        context = self._context
        return f"{context.task_name} ({context.subtask_index + 1}/{context.parallelism})"

    def get_job_parameter(self, key: str, default_value: str) -> str:
        return self._context.job_parameters.get(key, default_value)

    def now_ms(self) -> int:
        """Return the processing time in ms."""
        return self._context.clock.now_ms()

    def get_metrics_group(self) -> MetricGroup:
        return self._metrics
