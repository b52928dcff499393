"""Running reduce and aggregates of a keyed stream: one row out per row in (contract 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.buffer import Uint32Buffer
from flinkette._native.rows import RowProgram, Stage
from flinkette._native.running import RunningAggregate
from flinkette.contracts.functions import Function
from flinkette.contracts.output_tag import OutputTag
from flinkette.exchange.element import MAX_WATERMARK_MS, Watermark
from flinkette.graph.operators import ReduceDescription, RunningAggregateDescription
from flinkette.runtime.context import SubtaskRuntimeContext
from flinkette.runtime.failures import make_error, make_row_error
from flinkette.runtime.operator import Operator
from flinkette.runtime.operators.keyed import Keys
from flinkette.runtime.operators.rows import converter_of
from flinkette.runtime.user_code import bound, close_all, open_function

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.exchange.element import Element
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["ReduceOperator", "RunningAggregateOperator"]


INTEGER_BITS = {"byte": 8, "short": 16, "int": 32, "long": 64}


class RunningAggregateOperator(Operator):
    """sum, min, max, min_by, max_by, count, avg of each key so far."""

    def __init__(self, info: OperatorInfo, description: RunningAggregateDescription) -> None:
        super().__init__(info)
        self._description = description

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        self._keys = Keys(context)
        kind, position = self._description.kind, self._description.position
        output_type = self.info.node.output_type
        self._aggregate = RunningAggregate(
            kind,
            position,
            integer_bits=integer_bits(output_type, position) if kind == "sum" else None,
            object_reuse=context.is_object_reuse,
        )
        self._failure: Exception | None = None
        self._last_of_key: dict[int, Any] | None = {} if context.is_batch else None

    def start_batch(self, batch: Batch) -> None:
        ids = self._keys.ids(batch)
        made: list[Any] = []
        failed = self._process(batch, ids, made)
        self.is_busy = self._failure is not None
        if self._last_of_key is not None:
            kept = [at for at in range(batch.num_rows) if at not in failed] if failed else None
            owners = memoryview(ids).tolist()
            if kept is not None:
                owners = [owners[at] for at in kept]
            self._last_of_key.update(zip(owners, made, strict=False))
        else:
            self._emit_made(batch, made, failed)
        self._keys.release()

    def step(self, deadline_ns: int) -> None:
        if self._failure is not None:
            raise self._failure

    def _process(self, batch: Batch, ids: Uint32Buffer, made: list[Any]) -> list[int]:
        """Fill `made`; return which rows failed and were left out under the row-error policy."""
        values = batch.objects()
        policy = self.info.node.row_error
        failed: list[int] = []
        start = 0
        while True:
            try:
                self._aggregate.process(values, ids, self._keys.key_map, made, start)
            except Exception as error:
                at = len(made) + len(failed)
                time = None if batch.times is None else batch.times[at]
                key = self._keys.key_map.key(ids[at])
                failure = make_error(self.info, error, values[at], key, time)
                if policy.action == "fail":
                    self._failure = failure
                    return failed
                if policy.action == "side-output" and policy.tag is not None:
                    row_error = make_row_error(values[at], failure)
                    self.outbox.append((policy.tag, Batch.from_objects([row_error])))
                failed.append(at)
                start = at + 1
            else:
                return failed

    def _emit_made(self, batch: Batch, made: list[Any], failed: list[int]) -> None:
        if len(made) == batch.num_rows:
            self.emit(Batch.from_objects(made, batch.times).with_marks(batch.marks))
            return
        rows = [at for at in range(len(made) + len(failed)) if at not in set(failed)]
        kept = Uint32Buffer.of(rows)
        marks = None if batch.marks is None else batch.marks.after_take(kept)
        if made:
            times = None if batch.times is None else batch.times.take(kept)
            self.emit(Batch.from_objects(made, times).with_marks(marks))
        elif batch.marks is not None and self._failure is None:
            self.emit(Watermark(batch.marks.last_time))

    def start_watermark(self, time_ms: int) -> bool:
        if self._last_of_key and time_ms == MAX_WATERMARK_MS:
            self.emit(Batch.from_objects(list(self._last_of_key.values())))
        return False


def integer_bits(type_info: TypeInformation | None, position: int | str) -> int | None:
    """Width of the declared integer at `position` of a row; None: it may grow."""
    spec: Any = ("pickled",) if type_info is None else type_info.type_spec()
    if spec[0] == "row" and isinstance(position, str):
        position = spec[1].index(position) if position in spec[1] else len(spec[1])
    if spec[0] in ("row", "tuple"):
        members = spec[-1]
        if not isinstance(position, int) or not -len(members) <= position < len(members):
            return None
        spec = members[position]
    return INTEGER_BITS.get(spec[0])


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

    def start_watermark(self, time_ms: int) -> bool:
        is_end = self._is_batch and time_ms == MAX_WATERMARK_MS
        values = self._program.reduced_values() if is_end else []
        if values:
            super().emit(Batch.from_objects(values))
        return False

    def finish_work(self) -> None:
        self._keys.release()
        super().finish_work()

    def close(self) -> None:
        opened, self._opened = self._opened, []
        close_all(opened, self.info)
