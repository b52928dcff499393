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
from flinkette._native.state import DeclaredValue, FoldingState, ListState, MapState, ValueState
from flinkette._native.values import make_converter
from flinkette.contracts.accumulators import (
    DoubleCounter,
    Histogram,
    IntCounter,
    LongCounter,
)
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.functions import AggregateFunction, RuntimeContext
from flinkette.contracts.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateDescriptor,
    ValueStateDescriptor,
)
from flinkette.contracts.state_ttl import StateTtlConfig
from flinkette.runtime.user_code import bound

if TYPE_CHECKING:
    from typing import TypeVar

    from flinkette._native.state import KeyContext
    from flinkette.contracts.accumulators import Accumulator
    from flinkette.contracts.typeinfo import TypeInformation
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

    def _column(self, method: str, descriptor: StateDescriptor, parts: str) -> tuple[Any, bool]:
        """Return the descriptor's column, and whether its values expire."""
        require_descriptor(method, descriptor, self._place())
        name = descriptor.get_name()
        if self._keys is None:
            raise InvalidPipelineError(
                f"{self._place()}: state {name!r} needs a keyed stream; call key_by(...) first"
            )
        what = repr(descriptor)
        declared = self._keys.declare(name, what)
        if declared != what:
            raise InvalidPipelineError(
                f"{self._place()}: state {name!r} is asked for as {what}, before as {declared}; a "
                "name is one state of the operator: use the same type in both, or another name"
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

    def _converter(self, descriptor: StateDescriptor, declared: TypeInformation) -> Any:
        """Return what checks and converts values; None for types that are kept as they are."""
        spec = declared.type_spec()
        if len(spec) > 1 or spec[0] == "pickled":
            return None
        what = f"state {descriptor.get_name()!r} of type {declared!r}"
        return DeclaredValue(make_converter(spec), what)

    def get_state(self, state_descriptor: ValueStateDescriptor) -> Any:
        """Return the value state of the current key."""
        column, is_expiring = self._column("get_state", state_descriptor, "whole")
        convert = self._converter(state_descriptor, state_descriptor.type_info)
        return (ExpiringValueState if is_expiring else ValueState)(column, convert)

    def get_list_state(self, state_descriptor: ListStateDescriptor) -> Any:
        """Return the list state of the current key."""
        column, is_expiring = self._column("get_list_state", state_descriptor, "elements")
        convert = self._converter(state_descriptor, state_descriptor.elem_type_info)
        return (ExpiringListState if is_expiring else ListState)(column, convert)

    def get_map_state(self, state_descriptor: MapStateDescriptor) -> Any:
        """Return the map state of the current key."""
        column, is_expiring = self._column("get_map_state", state_descriptor, "entries")
        return (ExpiringMapState if is_expiring else MapState)(
            column,
            self._converter(state_descriptor, state_descriptor.key_type_info),
            self._converter(state_descriptor, state_descriptor.value_type_info),
        )

    def get_reducing_state(self, state_descriptor: ReducingStateDescriptor) -> Any:
        """Return the reducing state of the current key."""
        column, is_expiring = self._column("get_reducing_state", state_descriptor, "whole")
        reduce = bound(state_descriptor.get_reduce_function(), "reduce")
        return (ExpiringFoldingState if is_expiring else FoldingState)(column, None, reduce, None)

    def get_aggregating_state(self, state_descriptor: AggregatingStateDescriptor) -> Any:
        """Return the aggregating state of the current key."""
        column, is_expiring = self._column("get_aggregating_state", state_descriptor, "whole")
        func: AggregateFunction = state_descriptor.get_agg_function()
        return (ExpiringFoldingState if is_expiring else FoldingState)(
            column, func.create_accumulator, func.add, func.get_result
        )


DESCRIPTORS: dict[str, type[StateDescriptor]] = {
    "get_state": ValueStateDescriptor,
    "get_list_state": ListStateDescriptor,
    "get_map_state": MapStateDescriptor,
    "get_reducing_state": ReducingStateDescriptor,
    "get_aggregating_state": AggregatingStateDescriptor,
}
"""What each method that gives out state takes."""


def require_descriptor(method: str, descriptor: Any, place: str) -> None:
    """Refuse a descriptor of another kind of state."""
    if isinstance(descriptor, DESCRIPTORS[method]):
        return
    fitting = [name for name, kind in DESCRIPTORS.items() if isinstance(descriptor, kind)]
    remedy = f"; call {fitting[0]}(...) for it" if fitting else ""
    raise InvalidTypeError(
        f"{place}: {method}() needs a {DESCRIPTORS[method].__name__}, got {descriptor!r}{remedy}"
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
