"""Fields of rows of any kind: Row, dict, tuple, list, object."""

from typing import Any

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column

def get_field(row: Any, field: int | str) -> Any:
    """Value of a field: by position for ints, else by name."""

def field_values(rows: list[Any], field: int | str) -> list[Any]:
    """One field of every row as a list."""

class FieldGetter:
    """Callable that takes one field of a row; picklable, so it can be a key selector."""

    field: int | str
    def __init__(self, field: int | str) -> None: ...
    def __call__(self, row: Any) -> Any: ...

def field_keys(batch: Batch, field: int | str) -> Column | list[Any] | None:
    """Keys of a columnar batch: what get_field takes from each row, without making the rows.

    The field's own column if keys can be read from it, else its values; None if the rows are no
    columns or have no such field, so that get_field must say what is wrong.
    """

def field_times(rows: list[Any], field: int | str) -> Int64Buffer:
    """Event times in ms from a field of each row: ints are ms, naive datetimes are UTC."""

def max_time(times: Int64Buffer, running_max: int) -> int:
    """Largest of the times and `running_max`."""
