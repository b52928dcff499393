"""RowError: a row whose user function raised, in a side output (flinkette only)."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["RowError"]


class RowError(NamedTuple):
    """What the side output of `flinkette.ext.on_row_error` receives.

    Parameters
    ----------
    value : object
        The row.
    error : str
        Class and text of the exception.
    operator : str
        Name of the operator whose function raised.
    key : object
        Key of the row; None outside keyed streams.
    timestamp : int or None
        Event time of the row in ms; None if it has none.
    """

    value: Any
    error: str
    operator: str
    key: Any = None
    timestamp: int | None = None
