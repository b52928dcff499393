"""The form in which rows leave the process: columns, Arrow IPC, or one pickle per batch."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.batch_frames import KeysNeedPickle, lay_out
from flinkette._native.typed_objects import type_objects
from flinkette.contracts.errors import RowConversionError

if TYPE_CHECKING:
    from flinkette._native.batch_frames import BatchLayout
    from flinkette._native.column import Column

__all__ = ["RowForms", "from_ipc", "loads"]


class RowForms:
    """Chooses the form of one channel's batches; a form that did not fit is not tried again."""

    def __init__(self) -> None:
        self._types_rows = True
        self._types_keys = True
        self._by_reference = True

    def lay_out(self, batch: Batch) -> BatchLayout:
        """Prepare a batch for a frame.

        Raises
        ------
        RowConversionError
            A row or key cannot be pickled.
        """
        try:
            return self._lay_out(batch)
        except KeysNeedPickle:
            self._types_keys = False
            return self._lay_out(batch)

    def _lay_out(self, batch: Batch) -> BatchLayout:
        keys = None
        if not self._types_keys and isinstance(batch.keys, list):
            keys = self._pickled(batch.keys)
        if batch.is_columnar:
            try:
                return lay_out(batch, pickled_keys=keys)
            except KeysNeedPickle:
                raise
            except TypeError:  # a type with children
                return lay_out(batch, ipc=to_ipc(batch), pickled_keys=keys)
        if self._types_rows and batch.num_rows:
            typed = type_objects(batch.objects())
            if typed is not None:
                return lay_out(batch, typed=typed, pickled_keys=keys)
            self._types_rows = False
        return lay_out(batch, pickled=self._pickled(batch.objects()), pickled_keys=keys)

    def _pickled(self, values: list[Any]) -> bytes:
        """Pickle values; classes that no other process can import are sent along."""
        if self._by_reference:
            try:
                return pickle.dumps(values, 5)
            except (pickle.PicklingError, AttributeError, TypeError):
                self._by_reference = False
        import cloudpickle

        try:
            pickled: bytes = cloudpickle.dumps(values, 5)
        except Exception as error:
            raise RowConversionError(
                f"{type(first_stubborn(values)).__qualname__} cannot be sent to another process: "
                f"{error}; emit plain values, or objects that can be pickled"
            ) from error
        return pickled


def first_stubborn(values: list[Any]) -> Any:
    """Return the first value that cannot be pickled."""
    import cloudpickle

    for value in values:
        try:
            cloudpickle.dumps(value, 5)
        except Exception:
            return value
    return values


def loads(column: Column) -> list[Any]:
    """Take back what was pickled; `column` holds the bytes.

    Raises
    ------
    ValueError
        They are no list.
    """
    values = pickle.loads(memoryview(column))
    if type(values) is not list:
        raise ValueError(f"pickled rows are a list, not {type(values).__name__}")
    return values


def to_ipc(batch: Batch) -> bytes:
    """Write columns of types with children as an Arrow stream."""
    import pyarrow

    assert batch.columns is not None
    names = batch.names or ("value",)
    record_batch = pyarrow.record_batch(Batch.from_columns(batch.columns, names))
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, record_batch.schema) as stream:
        stream.write_batch(record_batch)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def from_ipc(column: Column) -> Batch:
    """Read what `to_ipc` wrote; the batch has memory of its own."""
    import pyarrow

    with pyarrow.ipc.open_stream(bytes(column)) as stream:
        return Batch.from_arrow(stream.read_next_batch())
