"""How a batch looks to a function of whole batches, and what its result becomes.

Columns are shared wherever the form allows: Arrow and polars always, numpy for numbers without
nulls. pandas gets a copy, because its users write into frames.
"""

from __future__ import annotations

from typing import Any

from flinkette._native.arrays import arrays_of, batch_of
from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette._native.lent import retain
from flinkette.contracts.errors import InvalidTypeError

__all__ = ["from_form", "to_form"]


def to_form(batch: Batch, form: str) -> Any:
    """Show a batch in the form the user's function asks for."""
    if form == "numpy":
        return _arrays(batch)
    import pyarrow

    record_batch = pyarrow.record_batch(batch)
    if form == "arrow":
        return record_batch
    if form == "table":
        return pyarrow.Table.from_batches([record_batch])
    if form == "pandas":
        return record_batch.to_pandas()
    import polars

    return polars.from_arrow(record_batch)


def from_form(returned: list[Any]) -> Batch | None:
    """Take what the user's function returned, the only item of a list, as a batch."""
    if type(returned[0]) is dict:
        return _batch_of(returned)
    made = returned[0]
    if made is None:
        return None
    if isinstance(made, dict):
        return _batch_of([dict(made)])
    if hasattr(made, "__arrow_c_array__"):
        return Batch.from_arrow(made)
    if hasattr(made, "__arrow_c_stream__"):
        return Batch.concat(list(Batch.from_arrow_stream(made)))
    raise InvalidTypeError(
        f"map_batches function returned {type(made).__name__}; return a pyarrow RecordBatch or "
        "Table, a dict of numpy arrays, or a pandas or polars DataFrame"
    )


def _arrays(batch: Batch) -> dict[str, Any]:
    """Columns as read-only arrays; nulls and types that numpy has not make a copy."""
    import numpy

    # numpy's arrays outlive the step; what is lent does not
    return arrays_of(retain(batch), numpy.asarray, _copied)


def _copied(column: Column) -> Any:
    import pyarrow

    return pyarrow.array(column).to_numpy(zero_copy_only=False)


def _batch_of(returned: list[dict[str, Any]]) -> Batch:
    import numpy

    if not returned[0]:
        raise InvalidTypeError("map_batches function returned a dict without columns")
    return batch_of(returned, numpy.ndarray, _column_of)


def _column_of(values: Any) -> Column:
    import pyarrow

    return Column.from_arrow(pyarrow.array(values))
