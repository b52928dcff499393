"""What rich functions get in `open`: task facts, keyed state, metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.expiring_state import (
    ExpiringFoldingState,
    ExpiringListState,
    ExpiringMapState,
    ExpiringValueState,
    ExpiryRule,
    expiring_column,
)
from flinkette._native.state import FoldingState, ListState, MapState, ValueState
from flinkette.contracts.accumulators import (
    DoubleCounter,
    Histogram,
    IntCounter,
    LongCounter,
)
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.functions import AggregateFunction, RuntimeContext
from flinkette.contracts.state_ttl import StateTtlConfig
from flinkette.runtime.user_code import bound

if TYPE_CHECKING:
    from typing import TypeVar

    from flinkette._native.state import KeyContext
    from flinkette.contracts.accumulators import Accumulator
    from flinkette.contracts.state import (
        AggregatingStateDescriptor,
        ListStateDescriptor,
        MapStateDescriptor,
        ReducingStateDescriptor,
        StateDescriptor,
        ValueStateDescriptor,
    )
    from flinkette.metrics.group import MetricGroup
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

    A = TypeVar("A", bound=Accumulator[Any, Any])

__all__ = ["StateStore", "SubtaskRuntimeContext"]


class StateStore:
    """Keyed state by descriptor; one store per operator and namespace. Slot thread only."""

    def __init__(self, keys: KeyContext | None, info: OperatorInfo, clock: Clock) -> None:
        self._keys = keys
        self._info = info
        self._now_ms = clock.now_ms

    def _column(self, descriptor: StateDescriptor, parts: str) -> tuple[Any, bool]:
        """Return the descriptor's column, and whether its values expire."""
        name = descriptor.get_name()
        if self._keys is None:
            raise InvalidPipelineError(
                f"{self._place()}: state {name!r} needs a keyed stream; call key_by(...) first"
            )
        rule = expiry_rule(descriptor.ttl_config, parts)
        column = self._keys.find(name)
        if column is None:
            if rule is None:
                return self._keys.column(name), False
            return expiring_column(self._keys, name, rule, self._now_ms), True
        if column.rule != rule:
            raise InvalidPipelineError(
                f"{self._place()}: state {name!r} is asked for with {_in_words(rule)}, before with "
                f"{_in_words(column.rule)}; a name is one state of the operator: use the same kind "
                "of descriptor and the same StateTtlConfig, or another name"
            )
        return column, rule is not None

    def _place(self) -> str:
        return f"operator {self._info.name!r} ({self._info.node.call_site})"

    def get_state(self, state_descriptor: ValueStateDescriptor) -> Any:
        """Return the value state of the current key."""
        column, is_expiring = self._column(state_descriptor, "whole")
        return (ExpiringValueState if is_expiring else ValueState)(column)

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> Any:
        """Return the list state of the current key."""
        column, is_expiring = self._column(state_descriptor, "elements")
        return (ExpiringListState if is_expiring else ListState)(column)

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> Any:
        """Return the map state of the current key."""
        column, is_expiring = self._column(state_descriptor, "entries")
        return (ExpiringMapState if is_expiring else MapState)(column)

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> Any:
        """Return the reducing state of the current key."""
        column, is_expiring = self._column(state_descriptor, "whole")
        reduce = bound(state_descriptor.get_reduce_function(), "reduce")
        return (ExpiringFoldingState if is_expiring else FoldingState)(column, None, reduce, None)

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> Any:
        """Return the aggregating state of the current key."""
        column, is_expiring = self._column(state_descriptor, "whole")
        func: AggregateFunction = state_descriptor.get_agg_function()
        return (ExpiringFoldingState if is_expiring else FoldingState)(
            column, func.create_accumulator, func.add, func.get_result
        )


def expiry_rule(config: StateTtlConfig | None, parts: str) -> ExpiryRule | None:
    """Translate a time to live into what columns of state go by; None if nothing expires."""
    if config is None or not config.is_enabled():
        return None
    visibility = StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
    strategies = config.get_cleanup_strategies()
    # in the background state is cleaned as an incremental clean-up does, whatever else is asked for
    cleanup = strategies.get_incremental_cleanup_strategy()
    return ExpiryRule(
        parts,
        config.ttl_ms,
        config.get_update_type() is StateTtlConfig.UpdateType.OnReadAndWrite,
        config.get_state_visibility() is visibility,
        0 if cleanup is None else cleanup.get_cleanup_size(),
        cleanup is not None and cleanup.run_cleanup_for_every_record(),
    )


def _in_words(rule: ExpiryRule | None) -> str:
    if rule is None:
        return "no time to live"
    return (
        f"a time to live of {rule.ttl_ms} ms (the {rule.parts} "
        f"{'expires' if rule.parts == 'whole' else 'expire'}, reads "
        f"{'count' if rule.reads_count else 'do not count'}, what has expired is "
        f"{'shown' if rule.shows_expired else 'hidden'}, clean-up of {rule.cleanup_size})"
    )


class SubtaskRuntimeContext(StateStore, RuntimeContext):
    """RuntimeContext of one function in one subtask. Slot thread only."""

    def __init__(
        self, context: SubtaskContext, info: OperatorInfo, keys: KeyContext | None
    ) -> None:
        super().__init__(keys, info, context.clock)
        self._context = context
        self._accumulators = context.accumulators
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

    def add_accumulator(self, name: str, accumulator: Accumulator[Any, Any]) -> None:
        self._accumulators.add(self._info.node.node_id, self._place(), name, accumulator)

    def get_accumulator(self, name: str) -> Accumulator[Any, Any] | None:
        return self._accumulators.find(self._info.node.node_id, name)

    def get_int_counter(self, name: str) -> IntCounter:
        return self._accumulator(name, IntCounter)

    def get_long_counter(self, name: str) -> LongCounter:
        return self._accumulator(name, LongCounter)

    def get_double_counter(self, name: str) -> DoubleCounter:
        return self._accumulator(name, DoubleCounter)

    def get_histogram(self, name: str) -> Histogram:
        return self._accumulator(name, Histogram)

    def _accumulator(self, name: str, kind: type[A]) -> A:
        return self._accumulators.of_kind(self._info.node.node_id, self._place(), name, kind)
