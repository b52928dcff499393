"""What a side output of failed rows receives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["RowError"]


@dataclass(frozen=True)
class RowError:
    """A row whose user function raised, and what it raised.

    Attributes
    ----------
    value
        The row as the function got it.
    error
        The error message: operator, place in the user's file, value.
    operator
        Name of the operator, None when the row never reached one (malformed input).
    key
        Current key on keyed streams.
    timestamp_ms
        Event time of the row in ms, None when it has none.
    """

    value: Any
    error: str
    operator: str | None = None
    key: Any = None
    timestamp_ms: int | None = None
