from typing import Any

from flinkette._native.buffer import Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.keys import KeyMap

class RunningAggregate:
    """A running aggregate over a keyed stream: one result per row, in row order.

    Parameters
    ----------
    kind
        "sum", "min", "max": the key's first record with only the aggregated field replaced.
        "min_by", "max_by": the whole record, the first of equal ones. "count": an int.
        "avg": sum divided by count.
    position
        Index (negative ones count from the end) or field name in tuples, lists and Rows. A value
        of any other type is its own field 0.
    integer_bits
        8, 16, 32 or 64: ints of a sum must stay in this range. None: they grow without limit.
    object_reuse
        True hands out records that share their mutable members with the state.

    Notes
    -----
    Results have the container type of the records (tuple, list, Row with the same names and kind),
    are new objects unless nothing in them can change, and user objects are never changed. Values
    are combined by `+`, `<` and `>` of the user's types, as PyFlink does. The state of a key lives
    as long as the aggregate, which holds its id. Slot thread only.
    """

    kind: str
    position: int | str
    integer_bits: int | None

    def __init__(
        self,
        kind: str,
        position: int | str = 0,
        *,
        integer_bits: int | None = None,
        object_reuse: bool = False,
    ) -> None: ...
    def process(
        self,
        values: list[Any],
        ids: Uint32Buffer,
        key_map: KeyMap,
        out: list[Any] | None = None,
        start: int = 0,
    ) -> list[Any]:
        """Append the result of each row from `start` on to `out` (a new list if None).

        Raises
        ------
        Exception
            Whatever a row raises. `out` then has the results of the rows before it, that row has
            changed nothing, and the call can be repeated from the row after it.
        OverflowError
            If a sum leaves the range of `integer_bits`.
        TypeError, IndexError, ValueError
            If a record does not have the position.
        """

    def process_column(self, values: Column, ids: Uint32Buffer, key_map: KeyMap) -> Column | None:
        """The aggregated field of each row's result, for fields that come as a column.

        The records are to have no other fields but the key. The state is in a column, too, until
        `process` or `move_to_objects` is called.

        Returns
        -------
        Column or None
            Results of the rows before an int that leaves 64 bits, all if none does: the rows from
            there on are for `process`. None if all of them are, for good: the column is not of
            int64 or float64, has nulls, or an earlier one was of another type.
        """

    @property
    def is_in_columns(self) -> bool:
        """Whether `process_column` keeps the state; `process` would move it."""

    def column_state(self) -> tuple[Uint32Buffer, Column]:
        """Ids of the keys so far, in the order of their first rows, and the aggregate of each."""

    def move_to_objects(self, key_map: KeyMap, ids: Uint32Buffer, records: list[Any]) -> None:
        """Go on with `process`: these are the results so far of the keys of `column_state`."""
