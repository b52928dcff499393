"""Consecutive row functions of a chain as one native program."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from flinkette._native.fields import FieldGetter
from flinkette._native.rows import RowProgram, Stage
from flinkette._native.values import make_converter
from flinkette.contracts.functions import Function
from flinkette.contracts.output_tag import OutputTag
from flinkette.contracts.runtime_context import TimeDomain
from flinkette.graph.operators import (
    CONNECTED_DESCRIPTIONS,
    FilterDescription,
    FlatMapDescription,
    KeyByDescription,
    MapDescription,
    ProcessDescription,
    ProjectDescription,
)
from flinkette.runtime.context import SubtaskRuntimeContext
from flinkette.runtime.failures import make_error, make_row_error
from flinkette.runtime.operator import Operator, PendingTimer
from flinkette.runtime.operators.keyed import Keys
from flinkette.runtime.user_code import bound, close_all, open_function

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette._native.broadcast import BroadcastStates
    from flinkette._native.values import Converter
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.graph.operators import OperatorDescription
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["ROW_DESCRIPTIONS", "RowsOperator", "converter_of", "is_keyed"]

ROW_DESCRIPTIONS = (
    *CONNECTED_DESCRIPTIONS,
    MapDescription,
    FilterDescription,
    FlatMapDescription,
    ProcessDescription,
    ProjectDescription,
    KeyByDescription,
)
METHOD_OF = {
    MapDescription: ("map", "map"),
    FilterDescription: ("filter", "filter"),
    FlatMapDescription: ("flat_map", "flat_map"),
    ProcessDescription: ("process", "process_element"),
}


def is_keyed(operator: OperatorDescription) -> bool:
    """Tell whether a row function works under a current key, and so starts a program."""
    return bool(getattr(operator, "is_keyed", False))


def user_function(operator: OperatorDescription) -> Any:
    """Return what the user passed for a row function."""
    if isinstance(operator, KeyByDescription):
        return operator.selector
    return getattr(operator, "func", None)


def converter_of(type_info: TypeInformation | None) -> Converter | None:
    """Make the native converter of a declared type; None for plain Python objects."""
    if type_info is None:
        return None
    spec = type_info.type_spec()
    return None if spec == ("pickled",) else make_converter(spec)


class RowsOperator(Operator):
    """Runs a chain of Python row functions depth first, row by row (contract 3)."""

    def __init__(self, infos: list[OperatorInfo]) -> None:
        super().__init__(infos[0])
        self._infos = infos
        self._functions: list[Function] = []
        self._keys: Keys | None = None
        self._broadcast: BroadcastStates | None = None

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        self._clock = context.clock
        if is_keyed(self.info.node.operator):
            self._keys = Keys(context)
        key_context = None if self._keys is None else self._keys.context
        heads = self._make_heads(context)
        others = self._infos[1:] if heads else self._infos
        self._program = self._kernel = RowProgram(
            [*heads[:1], *(self._make_stage(info, context) for info in others)],
            heads=heads,
            broadcast=self._broadcast,
            keys=key_context,
            now_ms=context.clock.now_ms,
            tag_class=OutputTag,
            make_error=make_error,
            make_row_error=make_row_error,
            time_domains=(TimeDomain.EVENT_TIME, TimeDomain.PROCESSING_TIME),
        )
        self._is_batch = context.is_batch
        if self._is_batch and self._keys is not None:
            self._program.end_each_key()
        for info in self._infos:
            func = user_function(info.node.operator)
            if isinstance(func, Function):
                keys = self._keys if info is self.info else None
                self._open_function(func, info, context, keys)

    def _open_function(
        self, func: Function, info: OperatorInfo, context: SubtaskContext, keys: Keys | None
    ) -> None:
        runtime_context = SubtaskRuntimeContext(
            context, info, None if keys is None else keys.context
        )
        open_function(func, runtime_context, info)
        self._functions.append(func)

    def _make_heads(self, context: SubtaskContext) -> tuple[Stage, ...]:
        """Make what each of several inputs begins with; nothing where there is but one input."""
        return ()

    def _make_stage(self, info: OperatorInfo, context: SubtaskContext) -> Stage:
        operator = info.node.operator
        policy = info.node.row_error
        common: dict[str, Any] = {
            "needs_fix": not context.is_object_reuse,
            "error_action": policy.action,
            "error_tag": policy.tag,
            "info": info,
        }
        if isinstance(operator, KeyByDescription):
            selector = operator.selector
            if isinstance(selector, (str, int)):
                selector = FieldGetter(selector)
            selector = bound(selector, "get_key")
            return Stage("key", selector, converter=converter_of(operator.key_type), **common)
        converter = converter_of(info.node.output_type)
        if isinstance(operator, ProjectDescription):
            indexes = operator.field_indexes
            getter = itemgetter(*indexes)
            func = getter if len(indexes) > 1 else _OneField(indexes[0])
            return Stage("map", func, converter=converter, **common)
        kind, method = METHOD_OF[type(operator)]
        func = user_function(operator)
        if kind == "filter":
            converter = None
        on_timer = getattr(func, "on_timer", None)
        return Stage(kind, bound(func, method), converter=converter, on_timer=on_timer, **common)

    def start_batch(self, batch: Batch) -> Batch | None:
        if self._keys is None:
            self._program.load(batch)
        else:
            self._program.load(batch, self._keys.ids(batch))
        return None

    def start_watermark(self, time_ms: int) -> bool:
        if self._keys is None:
            self._program.timers.advance(time_ms)
            return False
        self._program.load_event_timers(time_ms)
        return True

    def finish_work(self) -> None:
        if self._keys is not None:
            self._keys.release()
        super().finish_work()

    @property
    def keys(self) -> Keys | None:
        return self._keys

    @property
    def broadcast(self) -> BroadcastStates | None:
        """The states that the second of two inputs writes, if that is how they are connected."""
        return self._broadcast

    def pending_timers(self) -> list[PendingTimer]:
        return [
            PendingTimer(time_ms, key, is_event_time)
            for is_event_time in (True, False)
            for time_ms, key in self._program.timers.pending(is_event_time)
        ]

    @property
    def is_timed(self) -> bool:
        # timers belong to keys
        return is_keyed(self.info.node.operator)

    def next_processing_time(self) -> int | None:
        if self._is_batch:
            return None  # they fire when their key ends
        due: int | None = self._program.timers.next_processing_time()
        return due

    def start_processing_time(self, now_ms: int) -> None:
        self.is_busy = True
        self._program.load_processing_timers(now_ms)

    def close(self) -> None:
        functions, self._functions = self._functions, []
        close_all(functions, self.info)


class _OneField:
    """project(i): a one-field tuple, as project makes tuples whatever their length."""

    def __init__(self, index: int) -> None:
        self._index = index

    def __call__(self, row: Any) -> tuple[Any]:
        return (row[self._index],)
