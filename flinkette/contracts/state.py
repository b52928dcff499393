"""Keyed and broadcast state: what a function works with and the descriptors it asks by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.state_ttl import StateTtlConfig
from flinkette.contracts.typeinfo import (
    ListTypeInfo,
    MapTypeInfo,
    TypeInformation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flinkette.contracts.row_functions import AggregateFunction, ReduceFunction

__all__ = [
    "AggregatingState",
    "AggregatingStateDescriptor",
    "AppendingState",
    "BroadcastState",
    "ListState",
    "ListStateDescriptor",
    "MapState",
    "MapStateDescriptor",
    "MergingState",
    "OperatorStateStore",
    "ReadOnlyBroadcastState",
    "ReducingState",
    "ReducingStateDescriptor",
    "State",
    "StateDescriptor",
    "StateTtlConfig",
    "ValueState",
    "ValueStateDescriptor",
]

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
IN = TypeVar("IN")
OUT = TypeVar("OUT")


class State(ABC):
    """A piece of state of the current key. Every call reads or writes the current key's part."""

    @abstractmethod
    def clear(self) -> None:
        """Forget the state of the current key."""


class ValueState(State, Generic[T]):
    """One value per key."""

    @abstractmethod
    def value(self) -> T:
        """Return the value, None if there is none."""

    @abstractmethod
    def update(self, value: T) -> None:
        """Set the value; None forgets it."""


class AppendingState(State, Generic[IN, OUT]):
    """State that values are added to."""

    @abstractmethod
    def get(self) -> OUT:
        """Return what was built from the added values, None if nothing was added."""

    @abstractmethod
    def add(self, value: IN) -> None:
        """Add a value."""


class MergingState(AppendingState[IN, OUT]):
    """State of several windows that can become one."""


class ReducingState(MergingState[T, T]):
    """One value per key, the reduction of all that were added."""


class AggregatingState(MergingState[IN, OUT]):
    """One accumulator per key; `get` returns its result."""


class ListState(MergingState[T, "Iterable[T]"]):
    """A list per key, in the order of adding. Iterating it is iterating `get()`."""

    @abstractmethod
    def update(self, values: list[T]) -> None:
        """Put the values in place of the list."""

    @abstractmethod
    def add_all(self, values: list[T]) -> None:
        """Add the values at the end, in their order."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.get())


class _MapReads(State, Generic[K, V]):
    """The reading side that map state and broadcast state share."""

    @abstractmethod
    def get(self, key: K) -> V:
        """Return the value of `key`, None if there is none."""

    @abstractmethod
    def contains(self, key: K) -> bool:
        """Tell whether `key` has a value."""

    @abstractmethod
    def items(self) -> Iterable[tuple[K, V]]:
        """Return the pairs."""

    @abstractmethod
    def keys(self) -> Iterable[K]:
        """Return the keys."""

    @abstractmethod
    def values(self) -> Iterable[V]:
        """Return the values."""

    @abstractmethod
    def is_empty(self) -> bool:
        """Tell whether there is no pair."""

    def __getitem__(self, key: K) -> V:
        return self.get(key)

    def __contains__(self, key: K) -> bool:
        return self.contains(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self.keys())


class _MapWrites(Generic[K, V]):
    """The writing side that map state and broadcast state share."""

    @abstractmethod
    def put(self, key: K, value: V) -> None:
        """Set the value of `key`."""

    @abstractmethod
    def put_all(self, dict_value: dict[K, V]) -> None:
        """Set the values of all keys of a dict."""

    @abstractmethod
    def remove(self, key: K) -> None:
        """Forget `key`; nothing happens if it is not there."""

    def __setitem__(self, key: K, value: V) -> None:
        self.put(key, value)

    def __delitem__(self, key: K) -> None:
        self.remove(key)


class MapState(_MapReads[K, V], _MapWrites[K, V]):
    """A dict per key; also read and written as `state[k]`, `state[k] = v`, `del`, `in`."""


class ReadOnlyBroadcastState(_MapReads[K, V]):
    """Broadcast state as the non-broadcast side sees it: the same in every subtask."""


class BroadcastState(ReadOnlyBroadcastState[K, V], _MapWrites[K, V]):
    """Broadcast state as the broadcast side sees it.

    Every subtask must write the same values in the same order, or the copies drift apart.
    """


class OperatorStateStore(ABC):
    """Gives out state that belongs to an operator and not to a key."""

    @abstractmethod
    def get_broadcast_state(self, state_descriptor: MapStateDescriptor) -> BroadcastState[Any, Any]:
        """Return the broadcast state of a descriptor, made on first use."""


def _checked_name(name: Any, owner: str) -> str:
    if not isinstance(name, str):
        raise InvalidTypeError(f"{owner}: the name must be a str, got {name!r}")
    if not name:
        raise InvalidPipelineError(f"{owner} needs a name; give a non-empty string")
    return name


class StateDescriptor:
    """Names a state and its type; the same name in one operator is the same state.

    Parameters
    ----------
    name : str
        Unique within the operator; part of the checkpoint.
    type_info : TypeInformation
        Type of what is kept.

    Attributes
    ----------
    name : str
        As the parameter.
    type_info : TypeInformation
        As the parameter.
    ttl_config : StateTtlConfig or None
        Set by `enable_time_to_live`.
    """

    def __init__(self, name: str, type_info: TypeInformation) -> None:
        owner = type(self).__name__
        self.name = _checked_name(name, owner)
        if not isinstance(type_info, TypeInformation):
            raise InvalidTypeError(
                f"{owner} {name!r}: the type must be a TypeInformation, got {type_info!r}; use "
                "Types, e.g. Types.LONG(), or Types.PICKLED_BYTE_ARRAY() for any Python object"
            )
        self.type_info = type_info
        self.ttl_config: StateTtlConfig | None = None

    def get_name(self) -> str:
        """Return the name."""
        return self.name

    def enable_time_to_live(self, ttl_config: StateTtlConfig) -> None:
        """Let values expire as `ttl_config` says."""
        if not isinstance(ttl_config, StateTtlConfig):
            raise InvalidTypeError(
                f"state {self.name!r}: enable_time_to_live takes a StateTtlConfig, got "
                f"{ttl_config!r}; make one with StateTtlConfig.new_builder(Time.hours(1)).build()"
            )
        self.ttl_config = ttl_config

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.type_info!r})"


class ValueStateDescriptor(StateDescriptor):
    """Describes a `ValueState`.

    Parameters
    ----------
    name : str
        Unique within the operator.
    value_type_info : TypeInformation
        Type of the value.
    """

    def __init__(self, name: str, value_type_info: TypeInformation) -> None:
        super().__init__(name, value_type_info)


class ListStateDescriptor(StateDescriptor):
    """Describes a `ListState`.

    Parameters
    ----------
    name : str
        Unique within the operator.
    elem_type_info : TypeInformation
        Type of an element; the descriptor's own type is the list of it.
    """

    def __init__(self, name: str, elem_type_info: TypeInformation) -> None:
        super().__init__(name, ListTypeInfo(elem_type_info))
        self.elem_type_info = elem_type_info


class MapStateDescriptor(StateDescriptor):
    """Describes a `MapState` or `BroadcastState`.

    Parameters
    ----------
    name : str
        Unique within the operator.
    key_type_info : TypeInformation
        Type of the map's keys.
    value_type_info : TypeInformation
        Type of the map's values.
    """

    def __init__(
        self, name: str, key_type_info: TypeInformation, value_type_info: TypeInformation
    ) -> None:
        super().__init__(name, MapTypeInfo(key_type_info, value_type_info))
        self.key_type_info = key_type_info
        self.value_type_info = value_type_info


class ReducingStateDescriptor(StateDescriptor):
    """Describes a `ReducingState`.

    Parameters
    ----------
    name : str
        Unique within the operator.
    reduce_function : ReduceFunction or callable
        Makes one value of two.
    type_info : TypeInformation
        Type of the values.
    """

    def __init__(
        self,
        name: str,
        reduce_function: ReduceFunction | Callable[[Any, Any], Any],
        type_info: TypeInformation,
    ) -> None:
        from flinkette.contracts.row_functions import as_reduce_function

        super().__init__(name, type_info)
        self._reduce_function = as_reduce_function(reduce_function, f"state {name!r}")

    def get_reduce_function(self) -> ReduceFunction:
        """Return the function; a plain callable comes back wrapped."""
        return self._reduce_function


class AggregatingStateDescriptor(StateDescriptor):
    """Describes an `AggregatingState`.

    Parameters
    ----------
    name : str
        Unique within the operator.
    agg_function : AggregateFunction
        Keeps the accumulator and reads its result.
    state_type_info : TypeInformation
        Type of the accumulator.
    """

    def __init__(
        self, name: str, agg_function: AggregateFunction, state_type_info: TypeInformation
    ) -> None:
        from flinkette.contracts.row_functions import AggregateFunction

        super().__init__(name, state_type_info)
        if not isinstance(agg_function, AggregateFunction):
            raise InvalidTypeError(
                f"state {name!r} needs an AggregateFunction, got {agg_function!r}; subclass "
                "flinkette.datastream.functions.AggregateFunction"
            )
        self._agg_function = agg_function

    def get_agg_function(self) -> AggregateFunction:
        """Return the function."""
        return self._agg_function
