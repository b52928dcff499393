"""map_batches: the user's function over whole batches in Arrow, numpy, pandas or polars form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette.contracts.errors import InvalidTypeError
from flinkette.exchange.element import Watermark
from flinkette.runtime.failures import make_error
from flinkette.runtime.operator import Operator

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
        self._output_type = self.info.node.output_type

    def start_batch(self, batch: Batch) -> None:
        self.is_busy = False
        try:
            made = from_form(self._func(to_form(batch, self._form)))
        except Exception as error:
            raise make_error(self.info, error, None, None, None) from error
        if made is not None and made.num_rows == batch.num_rows:
            self.emit(made.with_times(batch.times).with_marks(batch.marks))
            return
        if made is not None and made.num_rows:
            self.emit(made)
        if batch.marks is not None:
            self.emit(Watermark(batch.marks.last_time))


def to_form(batch: Batch, form: str) -> Any:
    """Show a batch in the form the user's function asks for; columns are not copied."""
    import pyarrow

    if not batch.is_columnar:
        batch = Batch.from_objects_adaptive(batch)
    record_batch = pyarrow.record_batch(batch)
    if form == "arrow":
        return record_batch
    if form == "table":
        return pyarrow.Table.from_batches([record_batch])
    if form == "pandas":
        return record_batch.to_pandas()
    if form == "polars":
        import polars

        return polars.from_arrow(record_batch)
    columns = zip(record_batch.schema.names, record_batch.columns)
    return {name: column.to_numpy(zero_copy_only=False) for name, column in columns}


def from_form(made: Any) -> Batch | None:
    """Take what the user's function returned as a batch."""
    if made is None:
        return None
    if isinstance(made, dict):
        import pyarrow

        return Batch.from_arrow(pyarrow.record_batch(made))
    if hasattr(made, "__arrow_c_array__"):
        return Batch.from_arrow(made)
    if hasattr(made, "__arrow_c_stream__"):
        return Batch.concat(list(Batch.from_arrow_stream(made)))
    raise InvalidTypeError(
        f"map_batches function returned {type(made).__name__}; return a pyarrow RecordBatch or "
        "Table, a dict of numpy arrays, or a pandas or polars DataFrame"
    )
