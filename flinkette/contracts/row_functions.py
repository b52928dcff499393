"""User functions that take one row at a time: map, filter, reduce, aggregate, key, partition."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidTypeError, UnsupportedFeatureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flinkette.contracts.runtime_context import RuntimeContext

__all__ = [
    "AggregateFunction",
    "CoFlatMapFunction",
    "CoMapFunction",
    "FilterFunction",
    "FlatMapFunction",
    "Function",
    "FunctionWrapper",
    "KeySelector",
    "MapFunction",
    "NullByteKeySelector",
    "Partitioner",
    "ReduceFunction",
    "ReduceFunctionWrapper",
    "SinkFunction",
    "SourceFunction",
    "as_reduce_function",
]


class Function(ABC):
    """Base of user functions. Each parallel instance works on a copy of its own."""

    def open(self, runtime_context: RuntimeContext) -> None:
        """Prepare; called once per instance before the first row. State is asked for here."""

    def close(self) -> None:
        """Release what `open` took; called once per instance, also after a failure."""


class MapFunction(Function):
    """Makes one value of one value."""

    @abstractmethod
    def map(self, value: Any) -> Any:
        """Return the value that takes the place of `value`."""


class CoMapFunction(Function):
    """Makes one value of one value, for two connected streams."""

    @abstractmethod
    def map1(self, value: Any) -> Any:
        """Return the value that takes the place of a value of the first stream."""

    @abstractmethod
    def map2(self, value: Any) -> Any:
        """Return the value that takes the place of a value of the second stream."""


class FlatMapFunction(Function):
    """Makes any number of values of one value."""

    @abstractmethod
    def flat_map(self, value: Any) -> Iterable[Any] | None:
        """Yield, or return as an iterable, the values that take the place of `value`."""


class CoFlatMapFunction(Function):
    """Makes any number of values of one value, for two connected streams."""

    @abstractmethod
    def flat_map1(self, value: Any) -> Iterable[Any] | None:
        """Yield or return the values for a value of the first stream."""

    @abstractmethod
    def flat_map2(self, value: Any) -> Iterable[Any] | None:
        """Yield or return the values for a value of the second stream."""


class ReduceFunction(Function):
    """Makes one value of two of the same type."""

    @abstractmethod
    def reduce(self, value1: Any, value2: Any) -> Any:
        """Return the combination of what was reduced so far and the next value, in this order."""


class AggregateFunction(Function):
    """Collects values in an accumulator and reads a result from it."""

    @abstractmethod
    def create_accumulator(self) -> Any:
        """Return a new, empty accumulator."""

    @abstractmethod
    def add(self, value: Any, accumulator: Any) -> Any:
        """Return the accumulator with `value` in it; it may be the same, changed object."""

    @abstractmethod
    def get_result(self, accumulator: Any) -> Any:
        """Return the result of an accumulator."""

    @abstractmethod
    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        """Return one accumulator of two; called for session windows, that merge."""


class KeySelector(Function):
    """Tells the key of a value."""

    @abstractmethod
    def get_key(self, value: Any) -> Any:
        """Return the key; the same value must always have the same key."""


class NullByteKeySelector(KeySelector):
    """Gives every value the same key, so that one instance sees all of them."""

    def get_key(self, value: Any) -> int:
        """Return 0."""
        return 0


class FilterFunction(Function):
    """Decides which values stay."""

    @abstractmethod
    def filter(self, value: Any) -> bool:
        """Return True to keep `value`."""


class Partitioner(Function):
    """Decides which parallel instance gets a value."""

    @abstractmethod
    def partition(self, key: Any, num_partitions: int) -> int:
        """Return the index of the instance, 0 to `num_partitions` - 1, for a key."""


class FunctionWrapper(Function):
    """Base of the classes that give a plain callable the shape of a function.

    Parameters
    ----------
    func : callable
        What is called.
    """

    def __init__(self, func: Callable[..., Any]) -> None:
        self._func = func


class ReduceFunctionWrapper(FunctionWrapper, ReduceFunction):
    """A callable of two arguments as a `ReduceFunction`.

    Parameters
    ----------
    func : callable
        What is called.
    """

    def reduce(self, value1: Any, value2: Any) -> Any:
        """Return what the callable makes of the two."""
        return self._func(value1, value2)


def as_reduce_function(function: Any, place: str) -> ReduceFunction:
    """Return `function` if it is a `ReduceFunction`, a callable wrapped.

    Parameters
    ----------
    function : ReduceFunction or callable
        What the user passed.
    place : str
        Where, for the error message.

    Raises
    ------
    InvalidTypeError
        If it is neither.
    """
    if isinstance(function, ReduceFunction):
        return function
    if callable(function) and not isinstance(function, type):
        return ReduceFunctionWrapper(function)
    raise InvalidTypeError(
        f"{place} needs a ReduceFunction or a callable of two arguments, got {function!r}"
    )


class _JvmFunction:
    """Base of PyFlink's handles of Java functions; exists so that imports and type hints work."""

    def __init__(self, function: object = None) -> None:
        raise UnsupportedFeatureError(
            f"{type(self).__name__} holds a Java function and flinkette has no JVM; use "
            "from_source and sink_to with a connector of flinkette.datastream.connectors"
        )


class SourceFunction(_JvmFunction):
    """PyFlink's handle of a Java source function.

    Parameters
    ----------
    source_func : object
        Ignored.

    Raises
    ------
    UnsupportedFeatureError
        When it is made.
    """


class SinkFunction(_JvmFunction):
    """PyFlink's handle of a Java sink function.

    Parameters
    ----------
    sink_func : object
        Ignored.

    Raises
    ------
    UnsupportedFeatureError
        When it is made.
    """
