"""Batches as dicts of arrays and back, without numpy: what it does is passed in."""

from collections.abc import Callable
from typing import Any

from flinkette._native.batch import Batch
from flinkette._native.column import Column

def arrays_of(
    batch: Batch, as_array: Callable[[Column], Any], convert: Callable[[Column], Any]
) -> dict[str, Any]:
    """Arrays by the names of the columns, a single value's being "value".

    Parameters
    ----------
    batch
        Columns.
    as_array
        Makes an array of a column with the buffer protocol: numbers without nulls.
    convert
        Makes one of any other column.
    """

def batch_of(
    returned: list[dict[Any, Any]], array_type: type, convert: Callable[[Any], Column]
) -> Batch:
    """Columns of a dict of arrays; memory is shared if nobody else can change it any more.

    Parameters
    ----------
    returned
        A list whose only item is the dict, written as `[function(...)]`, so that nothing but the
        list refers to a dict that the function has let go of.
    array_type
        Type of the arrays; an array of one dimension of machine numbers becomes a column as it is,
        as a copy if somebody else refers to it, to its dict, or to the memory it is a view of.
    convert
        Makes a column of any other value.
    """
