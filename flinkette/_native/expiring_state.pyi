"""Keyed state whose values expire: columns with the times of the last touch beside the values.

Time is processing time, read at the beginning of a turn and then at most once in a tick of the
machine's coarse clock (1 to 10 ms), so that a row costs no call. What was touched `ttl_ms` ago or
earlier has expired. Expired values are freed when they are read, and in the background: each access
lets the next turn look at a few more keys.
"""

from collections.abc import Callable
from typing import NamedTuple

from flinkette._native.state import (
    FoldingState,
    KeyContext,
    ListState,
    MapState,
    StateColumn,
    ValueState,
)

class ExpiryRule(NamedTuple):
    """When the values of a state expire.

    Attributes
    ----------
    parts
        What expires by itself: "whole" (the value of a key), "elements" (of its list) or "entries"
        (of its map).
    ttl_ms
        How long after its last touch; above 0.
    reads_count
        Whether a read is a touch; a write always is.
    shows_expired
        Whether a read may see what has expired and is still stored.
    cleanup_size
        Keys looked at for each access; 0 if only reads free what has expired.
    cleans_for_every_row
        Whether every row of the operator counts as an access.
    """

    parts: str
    ttl_ms: int
    reads_count: bool
    shows_expired: bool
    cleanup_size: int
    cleans_for_every_row: bool

class ExpiringColumn(StateColumn):
    """One state of all keys of a subtask, whose values expire; made by `expiring_column`."""

def expiring_column(
    keys: KeyContext, name: str, rule: ExpiryRule, clock: Callable[[], int]
) -> ExpiringColumn:
    """Make the column `name`, which must not exist yet; `clock` returns processing time in ms."""

class ExpiringValueState(ValueState):
    """One value per key that expires."""

class ExpiringFoldingState(FoldingState):
    """Reducing and aggregating state that expires with its last change."""

class ExpiringListState(ListState):
    """A list per key, each element with a life of its own."""

class ExpiringMapState(MapState):
    """A dict per key, each entry with a life of its own."""
