"""How a batch looks to a function of whole batches, and what its result becomes.

Columns are shared wherever the form allows: Arrow and polars always, numpy for numbers without
nulls. pandas gets a copy, because its users write into frames.
"""

from __future__ import annotations

from typing import Any

from flinkette._native.arrays import shared_names
from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette._native.lent import retain
from flinkette.contracts.errors import InvalidTypeError

__all__ = ["from_form", "to_form"]

DTYPES = {
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": f"float{bits}" for bits in (16, 32, 64)},
}
"""numpy's names of the columns whose memory is an array as it is."""
MACHINE_CHARS = "bBhHiIlLqQefd"
"""numpy's codes of the same types."""


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

    # pyarrow gets copies of what is lent; numpy looks at the columns' own memory
    batch = retain(batch)
    assert batch.columns is not None
    arrays: dict[str, Any] = {}
    for name, column in zip(batch.row_type or ("value",), batch.columns, strict=True):
        dtype = DTYPES.get(column.type_name)
        if dtype is not None and column.null_count == 0 and batch.num_rows:
            arrays[name] = numpy.frombuffer(column, dtype)
        else:
            import pyarrow

            arrays[name] = pyarrow.array(column).to_numpy(zero_copy_only=False)
    return arrays


def _batch_of(returned: list[dict[str, Any]]) -> Batch:
    import numpy

    shared = shared_names(returned)
    (arrays,) = returned
    if not arrays:
        raise InvalidTypeError("map_batches function returned a dict without columns")
    columns: list[Column] = []
    for name, values in arrays.items():
        is_plain = (
            type(values) is numpy.ndarray
            and values.dtype.char in MACHINE_CHARS
            and values.ndim == 1
        )
        if not is_plain:
            import pyarrow

            columns.append(Column.from_arrow(pyarrow.array(values)))
            continue
        base = values.base
        if base is None and name not in shared and values.dtype.isnative:
            # nobody can change it any more
            columns.append(Column.from_buffer(values))
        elif type(base) is Column and len(base) == len(values):
            columns.append(base)
        else:
            columns.append(Column.from_buffer(values.astype(values.dtype.newbyteorder("="))))
    return Batch.from_columns(columns, tuple(arrays))
