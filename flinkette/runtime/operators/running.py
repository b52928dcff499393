"""Running reduce and aggregates of a keyed stream: one row out per row in (contract 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.buffer import Uint32Buffer
from flinkette._native.rows import RowProgram, Stage
from flinkette._native.running import RunningAggregate
from flinkette.contracts.functions import Function
from flinkette.contracts.output_tag import OutputTag
from flinkette.exchange.element import MAX_WATERMARK_MS
from flinkette.graph.operators import ReduceDescription, RunningAggregateDescription
from flinkette.runtime.context import SubtaskRuntimeContext
from flinkette.runtime.failures import make_error, make_row_error
from flinkette.runtime.operator import Operator
from flinkette.runtime.operators.keyed import Keys
from flinkette.runtime.operators.rows import converter_of
from flinkette.runtime.operators.running_columns import KINDS, RunningColumns
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
        self._last_of_key: dict[int, Any] | None = {} if context.is_batch else None
        self._failure: Exception | None = None
        kind, position = self._description.kind, self._description.position
        self._aggregate = RunningAggregate(
            kind,
            position,
            integer_bits=integer_bits(self.info.node.output_type, position)
            if kind == "sum"
            else None,
            object_reuse=context.is_object_reuse,
        )
        self._columns: RunningColumns | None = None
        if kind in KINDS:
            self._columns = RunningColumns(self._aggregate, position, self._keys)

    @property
    def keys(self) -> Keys:
        return self._keys

    def start_batch(self, batch: Batch) -> Batch | None:
        ids = self._keys.ids(batch)
        made: list[Any] = []
        if self._columns is not None:
            results = self._columns.process(batch, ids)
            if results is not None and results.num_rows == batch.num_rows:
                self._keys.release()
                self.is_busy = False
                if self._last_of_key is not None:
                    return None
                return results.with_event_times(batch.times, batch.marks)
            made = self._leave_columns(results)
        self._process_objects(batch, ids, made)
        return None

    def _leave_columns(self, results: Batch | None) -> list[Any]:
        """Go on with objects, for good; return the results of rows that were done as columns."""
        assert self._columns is not None
        last_of_key = self._columns.leave()
        if self._last_of_key is not None:
            self._last_of_key.update(last_of_key)
        self._columns = None
        return [] if results is None else list(results.objects())

    def _process_objects(self, batch: Batch, ids: Uint32Buffer, made: list[Any]) -> None:
        """Aggregate the rows behind those that have results already."""
        values = batch.objects()
        failed: list[int] = []
        rows: Uint32Buffer | None = None
        start = len(made)
        while start < len(values) and self._failure is None:
            before = len(made)
            try:
                self._aggregate.process(values, ids, self._keys.key_map, made, start)
                break
            except Exception as error:
                row = start + len(made) - before
                self._on_error(batch, row, error)
                failed.append(row)
                start = row + 1
        self._keys.release()
        if failed:
            # the rows that have a result, in order; none of those after a failure that ends the job
            stop = failed[-1] if self._failure is not None else len(values)
            rows = Uint32Buffer.of(sorted(set(range(stop)) - set(failed)))
            marks = None if batch.marks is None else batch.marks.after_take(rows)
            batch = batch.take(rows).with_marks(marks)
        self.is_busy = self._failure is not None
        if self._last_of_key is not None:
            of_rows = (
                memoryview(ids).tolist() if rows is None else [ids[row] for row in memoryview(rows)]
            )
            self._last_of_key.update(zip(of_rows, made, strict=True))
            return
        self.emit(Batch.from_objects(made, batch.times).with_marks(batch.marks))

    def start_watermark(self, time_ms: int) -> bool:
        if self._last_of_key is not None and time_ms == MAX_WATERMARK_MS:
            if self._aggregate.is_in_columns:
                assert self._columns is not None
                self.emit(self._columns.last())
            elif self._last_of_key:
                self.emit(Batch.from_objects(list(self._last_of_key.values())))
        return False

    def step(self, deadline_ns: int) -> None:
        """Raise what a row of the last batch failed with; the rows before it were handed on."""
        assert self._failure is not None
        raise self._failure

    def _on_error(self, batch: Batch, row: int, error: Exception) -> None:
        value, policy = batch.objects()[row], self.info.node.row_error
        key = (batch.keys if isinstance(batch.keys, list) else batch.keys.to_objects())[row]
        time_ms = None if batch.times is None else batch.times[row]
        failure = make_error(self.info, error, value, key, time_ms)
        if policy.action == "fail":
            self._failure = failure
        elif policy.action == "side-output":
            times = None if batch.times is None else batch.times.slice(row, row + 1)
            rejected = Batch.from_objects([make_row_error(value, failure)], times)
            self.outbox.append((policy.tag, rejected))


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

    @property
    def keys(self) -> Keys:
        return self._keys

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
