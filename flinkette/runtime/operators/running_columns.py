"""Running aggregates of rows that are in columns: a key and the field that is aggregated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.column import Column

if TYPE_CHECKING:
    from flinkette._native.buffer import Uint32Buffer
    from flinkette._native.running import RunningAggregate
    from flinkette.runtime.operators.keyed import Keys

__all__ = ["KINDS", "RunningColumns"]

KEY_FORMATS = {
    "int64": "l",
    "utf8": "u",
    "large_utf8": "u",
    "utf8_view": "u",
    "dictionary<utf8>": "u",
}
"""Types of key columns that can be made again from the keys that the state holds."""
KINDS = ("sum", "min", "max", "min_by", "max_by")
"""Aggregates whose results are rows as they came, with one field replaced."""


class RunningColumns:
    """Decides which batches run as columns, and makes their results.

    Rows of any other fields than these two would need the first record of each key.

    Parameters
    ----------
    aggregate : RunningAggregate
        The operator's.
    position : int or str
        The aggregated field.
    keys : Keys
        The operator's.
    """

    def __init__(self, aggregate: RunningAggregate, position: int | str, keys: Keys) -> None:
        self._aggregate = aggregate
        self._position = position
        self._keys = keys
        self._shape: tuple[object, ...] | None = None
        self._row_type: tuple[str, ...] | None = None
        self._key_format = ""
        self._field = 0

    def process(self, batch: Batch, ids: Uint32Buffer) -> Batch | None:
        """Aggregate the rows of a batch, or those before an int that leaves 64 bits.

        Returns
        -------
        Batch or None
            Their results. None: this batch and all that follow are for `RunningAggregate.process`.
        """
        field = self._field_of(batch)
        if field is None:
            return None
        assert batch.columns is not None
        made = self._aggregate.process_column(batch.columns[field], ids, self._keys.key_map)
        if made is None:
            return None
        key = batch.columns[1 - field]
        if made.length < batch.num_rows:
            key = key.slice(0, made.length)
        return self._rows(key, made)

    def last(self) -> Batch:
        """Return the last result of each key, in the order of their first rows."""
        ids, values = self._aggregate.column_state()
        return self._last(ids, values)

    def leave(self) -> dict[int, Any]:
        """Move the state to objects; return the last result of each key by its id."""
        if not self._aggregate.is_in_columns:
            return {}
        ids, values = self._aggregate.column_state()
        records = self._last(ids, values).objects() if values.length else []
        self._aggregate.move_to_objects(self._keys.key_map, ids, records)
        return dict(zip(memoryview(ids).tolist(), records, strict=True))

    def _field_of(self, batch: Batch) -> int | None:
        """Return the number of the aggregated column, if the other one is the key."""
        columns, row_type = batch.columns, batch.row_type
        if columns is None or row_type is None or len(columns) != 2 or batch.kinds is not None:
            return None
        key = 0 if columns[0] is batch.keys else 1
        key_format = KEY_FORMATS.get(columns[key].type_name)
        if columns[key] is not batch.keys or key_format is None:
            return None
        shape = (type(row_type), row_type, key_format)
        if self._shape is None:
            self._shape, self._row_type, self._key_format = shape, row_type, key_format
        elif shape != self._shape:
            return None
        position = self._position
        if isinstance(position, str):
            position = row_type.index(position) if position in row_type else key
        self._field = position
        return position if position == 1 - key else None

    def _last(self, ids: Uint32Buffer, values: Column) -> Batch:
        key = self._keys.key_map.key_column(ids, self._key_format)
        assert key is not None
        return self._rows(key, values)

    def _rows(self, key: Column, values: Column) -> Batch:
        columns = (key, values) if self._field else (values, key)
        return Batch.from_columns(columns, self._row_type)
