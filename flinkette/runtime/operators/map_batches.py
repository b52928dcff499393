"""map_batches: the user's function over whole batches in Arrow, numpy, pandas or polars form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette._native.fields import field_values
from flinkette._native.row import Row
from flinkette.contracts.errors import InvalidTypeError
from flinkette.exchange.element import Watermark
from flinkette.formats.row_types import is_typed
from flinkette.runtime.failures import NO_ROW, make_error, value_text
from flinkette.runtime.operator import Operator
from flinkette.runtime.operators.forms import from_form, to_form

if TYPE_CHECKING:
    from flinkette.graph.operators import MapBatchesDescription
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["MapBatchesOperator"]


class MapBatchesOperator(Operator):
    """One call per batch; rows keep their event times when their number stays the same."""

    def __init__(self, info: OperatorInfo, description: MapBatchesDescription) -> None:
        super().__init__(info)
        self._func = description.func
        self._form = description.form

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        edge = self.info.node.inputs[0]
        declared = edge.source.output_type if edge.tag is None else edge.tag.type_info
        spec = None if declared is None else declared.type_spec()
        self._input_spec = spec if spec is not None and is_typed(spec) else None

    def start_batch(self, batch: Batch) -> Batch | None:
        self.is_busy = False
        try:
            # in a list: no name of ours refers to what the function has let go of
            made = from_form([self._func(to_form(self._columnar(batch), self._form))])
        except Exception as error:
            raise make_error(self.info, error, NO_ROW, None, None) from error
        if made is not None and made.num_rows == batch.num_rows:
            if batch.times is not None or batch.marks is not None:
                made = made.with_event_times(batch.times, batch.marks)
            return made
        if made is not None and made.num_rows:
            if batch.marks is None:
                return made
            self.emit(made)
        if batch.marks is not None:
            self.emit(Watermark(batch.marks.last_time))
        return None

    def _columnar(self, batch: Batch) -> Batch:
        """Rows as columns: as they are, as declared, or as the first row's fields say."""
        if not batch.is_columnar and self._input_spec is not None:
            batch = batch.typed(self._input_spec)
        if batch.is_columnar:
            return batch if batch.names is not None else named_value(batch)
        rows = batch.objects()
        names = field_names(rows[0])
        columns = []
        for name in names or ("value",):
            values = field_values(rows, name) if names else rows
            column = Column.from_objects(values)
            if column is None:
                raise InvalidTypeError(
                    f"field {name!r} holds values of several types or no plain type "
                    f"({value_text(values[0])}, …), so it cannot become a column; declare the "
                    "output_type of the operator before map_batches"
                )
            columns.append(column)
        return Batch.from_columns(columns, names or ("value",))


def named_value(batch: Batch) -> Batch:
    """Give single values the name that undeclared ones have."""
    return Batch.from_columns(batch.columns or (), ("value",))


def field_names(row: Any) -> tuple[str, ...] | None:
    """Names of a row's fields; None for a bare value."""
    if isinstance(row, Row):
        return tuple(getattr(row, "_fields", None) or (f"f{index}" for index in range(len(row))))
    if type(row) is dict:
        return tuple(row)
    if isinstance(row, tuple):
        return getattr(row, "_fields", None) or tuple(f"f{index}" for index in range(len(row)))
    return None
