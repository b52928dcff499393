"""Keyed state as dense columns of Python references indexed by key id (contracts 11, 12)."""

from collections.abc import Callable, Iterator
from typing import Any

from flinkette._native.expiring_state import ExpiryRule
from flinkette._native.keys import KeyMap
from flinkette._native.values import Converter

class KeyContext:
    """The current key of one keyed operator and its state columns. Slot thread only."""

    key_map: KeyMap
    def __init__(self, key_map: KeyMap) -> None: ...
    def set_key(self, key_id: int) -> None:
        """Make a live key id the current one."""
    def current_key(self) -> Any:
        """Return a copy of the current key; RuntimeError outside rows and timers."""
    def declare(self, name: str, what: Any) -> Any:
        """Note what state `name` is; returns what it was first said to be."""
    def find(self, name: str) -> StateColumn | None:
        """Return the state column `name` if it was made."""
    def look_at_time(self) -> None:
        """Read the clock that values expire by now, not when its next tick is over."""
    def names(self) -> list[str]:
        """Return the names of the state columns, in the order in which they were made."""
    def column(self, name: str) -> StateColumn:
        """Return the state column `name`, made on first use."""

class DeclaredValue:
    """Converts what goes into a state to its declared type.

    Parameters
    ----------
    converter
        That of the type.
    what
        The state, for errors.
    """

    def __init__(self, converter: Converter, what: str) -> None: ...
    def __call__(self, value: Any) -> Any:
        """Return the converted value; TypeError if it does not fit."""

class StateColumn:
    """One state of all keys of a subtask; a value keeps its key's id alive."""

    rule: ExpiryRule | None
    """What a column of values that expire was made for; None if they do not."""
    def __init__(self, context: KeyContext) -> None: ...
    def ids(self) -> list[int]:
        """Return the ids of the keys that have a value."""

class ValueState:
    """One value per key."""

    def __init__(
        self, column: StateColumn, convert: Callable[[Any], Any] | None = None
    ) -> None: ...
    def value(self) -> Any:
        """Return the current key's value, or None."""
    def update(self, value: Any) -> None:
        """Set the current key's value; None clears it."""
    def clear(self) -> None:
        """Forget the current key's value."""

class ListState:
    """A list per key."""

    def __init__(
        self, column: StateColumn, convert: Callable[[Any], Any] | None = None
    ) -> None: ...
    def get(self) -> list[Any]:
        """Return a copy of the current key's list."""
    def __iter__(self) -> Iterator[Any]: ...
    def add(self, value: Any) -> None:
        """Append a value."""
    def add_all(self, values: list[Any]) -> None:
        """Append values."""
    def update(self, values: list[Any]) -> None:
        """Replace the list."""
    def clear(self) -> None:
        """Forget the list."""

class MapSyntax:
    """What `state[key]` and its like mean, in the words of the methods of a subclass."""

    def __getitem__(self, key: Any) -> Any: ...
    def __setitem__(self, key: Any, value: Any) -> None: ...
    def __delitem__(self, key: Any) -> None: ...
    def __contains__(self, key: Any) -> bool: ...
    def __iter__(self) -> Iterator[Any]: ...

class MapState(MapSyntax):
    """A dict per key."""

    def __init__(
        self,
        column: StateColumn,
        convert_key: Callable[[Any], Any] | None = None,
        convert_value: Callable[[Any], Any] | None = None,
    ) -> None: ...
    def get(self, key: Any) -> Any:
        """Return the value of a map key, or None."""
    def put(self, key: Any, value: Any) -> None:
        """Set the value of a map key."""
    def put_all(self, dict_value: dict[Any, Any]) -> None:
        """Set the values of several map keys."""
    def remove(self, key: Any) -> None:
        """Forget a map key."""
    def contains(self, key: Any) -> bool:
        """Tell whether a map key is there."""
    def items(self) -> Iterator[tuple[Any, Any]]:
        """Iterate over a copy of the entries."""
    def keys(self) -> Iterator[Any]:
        """Iterate over a copy of the map keys."""
    def values(self) -> Iterator[Any]:
        """Iterate over a copy of the values."""
    def is_empty(self) -> bool:
        """Tell whether there is no entry."""
    def clear(self) -> None:
        """Forget all entries."""

class FoldingState:
    """Reducing and aggregating state: an accumulator per key.

    Parameters
    ----------
    column
        Where the accumulators live.
    create
        Makes an empty accumulator; None for reducing state.
    add
        `add(value, accumulator)`, or `reduce(before, value)` for reducing state.
    result
        From accumulator to result; None for reducing state.
    """

    def __init__(
        self,
        column: StateColumn,
        create: Callable[[], Any] | None,
        add: Callable[[Any, Any], Any],
        result: Callable[[Any], Any] | None,
    ) -> None: ...
    def get(self) -> Any:
        """Return the result of the current key, or None."""
    def add(self, value: Any) -> None:
        """Fold a value in."""
    def clear(self) -> None:
        """Forget the accumulator."""
