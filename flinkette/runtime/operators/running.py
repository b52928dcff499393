"""Running reduce and aggregates of a keyed stream: one row out per row in (contract 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.rows import RowProgram, Stage
from flinkette._native.running import RunningAggregate
from flinkette.contracts.functions import Function
from flinkette.contracts.output_tag import OutputTag
from flinkette.graph.operators import ReduceDescription, RunningAggregateDescription
from flinkette.runtime.context import SubtaskRuntimeContext
from flinkette.runtime.failures import make_error, make_row_error
from flinkette.runtime.operator import Operator
from flinkette.runtime.operators.keyed import Keys
from flinkette.runtime.operators.rows import converter_of
from flinkette.runtime.user_code import bound, close_all, open_function

if TYPE_CHECKING:
    from flinkette.exchange.element import Element
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["ReduceOperator", "RunningAggregateOperator"]


class RunningAggregateOperator(Operator):
    """sum, min, max, min_by, max_by, count, avg of each key so far."""

    def __init__(self, info: OperatorInfo, description: RunningAggregateDescription) -> None:
        super().__init__(info)
        self._description = description

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        self._keys = Keys(context)
        self._aggregate = RunningAggregate(self._description.kind, self._description.position)
        self._last_of_key: dict[int, Any] | None = {} if context.is_batch else None

    def start_batch(self, batch: Batch) -> None:
        ids = self._keys.ids(batch)
        values = batch.objects()
        try:
            made = self._aggregate.process(values, ids, self._keys.key_map)
        except Exception as error:
            raise make_error(self.info, error, None, None, None) from error
        finally:
            self._keys.release()
        self.is_busy = False
        if self._last_of_key is not None:
            self._last_of_key.update(zip(memoryview(ids).tolist(), made, strict=True))
            return
        self.emit(Batch.from_objects(made, batch.times).with_marks(batch.marks))

    def end_input(self) -> None:
        if self._last_of_key:
            self.emit(Batch.from_objects(list(self._last_of_key.values())))


class ReduceOperator(Operator):
    """The running reduce of each key: a keyed map that keeps its last result as state."""

    def __init__(self, info: OperatorInfo, description: ReduceDescription) -> None:
        super().__init__(info)
        self._func = description.func
        self._opened: list[Function] = []

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        self._keys = Keys(context)
        func = self._func
        reduce = bound(func, "reduce")
        if isinstance(func, Function):
            runtime_context = SubtaskRuntimeContext(context, self.info, self._keys.context)
            open_function(func, runtime_context, self.info)
            self._opened.append(func)
        policy = self.info.node.row_error
        stage = Stage(
            "reduce",
            reduce,
            converter=converter_of(self.info.node.output_type),
            needs_fix=not context.is_object_reuse,
            error_action=policy.action,
            error_tag=policy.tag,
            info=self.info,
        )
        self._program = self._kernel = RowProgram(
            [stage],
            keys=self._keys.context,
            now_ms=context.clock.now_ms,
            tag_class=OutputTag,
            make_error=make_error,
            make_row_error=make_row_error,
        )

        self._is_batch = context.is_batch

    def start_batch(self, batch: Batch) -> None:
        self._program.load(batch, self._keys.ids(batch))

    def emit(self, element: Element) -> None:
        if not (self._is_batch and isinstance(element, Batch)):
            super().emit(element)

    def end_input(self) -> None:
        values = self._program.reduced_values() if self._is_batch else []
        if values:
            super().emit(Batch.from_objects(values))

    def finish_work(self) -> None:
        self._keys.release()
        super().finish_work()

    def close(self) -> None:
        opened, self._opened = self._opened, []
        close_all(opened, self.info)
