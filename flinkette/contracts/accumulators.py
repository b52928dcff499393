"""Accumulators: what functions add up, and the program reads when the job has ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import deepcopy
from typing import Any, Generic, TypeVar

__all__ = [
    "Accumulator",
    "AverageAccumulator",
    "DoubleCounter",
    "DoubleMaximum",
    "DoubleMinimum",
    "Histogram",
    "IntCounter",
    "IntMaximum",
    "IntMinimum",
    "ListAccumulator",
    "LongCounter",
    "LongMaximum",
    "LongMinimum",
]

V = TypeVar("V")
R = TypeVar("R")
Self = TypeVar("Self", bound="Accumulator[Any, Any]")


class Accumulator(ABC, Generic[V, R]):
    """Collects values in one subtask; the results of all subtasks are merged, as in Flink's Java.

    A class of your own is pickled on its way to the program, as it is.
    """

    @abstractmethod
    def add(self, value: V) -> None:
        """Take a value."""

    @abstractmethod
    def get_local_value(self) -> R:
        """Return the result so far, of this subtask alone."""

    @abstractmethod
    def reset_local(self) -> None:
        """Begin again."""

    @abstractmethod
    def merge(self, other: Accumulator[V, R]) -> None:
        """Take what another subtask has collected."""

    def clone(self: Self) -> Self:
        """Return a copy that goes on by itself."""
        return deepcopy(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.get_local_value()!r}"


class _NumberAccumulator(Accumulator[V, V]):
    """A number that starts somewhere and takes others in."""

    _kinds: tuple[type, ...] = (int,)
    _start: Any = 0

    def __init__(self, value: V | None = None) -> None:
        self._value: Any = self._start if value is None else self._checked(value)

    def add(self, value: V) -> None:
        """Take a number."""
        self._value = self._joined(self._value, self._checked(value))

    def get_local_value(self) -> V:
        """Return the number so far."""
        value: V = self._value
        return value

    def reset_local(self) -> None:
        """Begin again."""
        self._value = self._start

    def merge(self, other: Accumulator[V, V]) -> None:
        """Take the number of another subtask."""
        self._value = self._joined(self._value, other.get_local_value())

    def _joined(self, one: Any, other: Any) -> Any:
        """Return what two numbers are together."""
        raise NotImplementedError

    def _checked(self, value: Any) -> Any:
        if not isinstance(value, self._kinds):
            wanted = " or ".join(kind.__name__ for kind in self._kinds)
            # in a row of the user's function: the engine says which
            raise TypeError(
                f"{type(self).__name__}.add() takes {wanted}, got {value!r} of type "
                f"{type(value).__name__}"
            )
        return value


class _Sum(_NumberAccumulator[V]):
    def _joined(self, one: Any, other: Any) -> Any:
        return one + other


class _Minimum(_NumberAccumulator[V]):
    def _joined(self, one: Any, other: Any) -> Any:
        return min(one, other)


class _Maximum(_NumberAccumulator[V]):
    def _joined(self, one: Any, other: Any) -> Any:
        return max(one, other)


class IntCounter(_Sum[int]):
    """A sum of ints, 0 without any.

    Parameters
    ----------
    value : int, optional
        Where it starts.
    """


class LongCounter(_Sum[int]):
    """The same as `IntCounter` here; Python's ints have no bound."""


class DoubleCounter(_Sum[float]):
    """A sum of floats, 0.0 without any."""

    _kinds = (float, int)
    _start = 0.0


class IntMinimum(_Minimum[int]):
    """The smallest int, 2**31 - 1 without any."""

    _start = 2**31 - 1


class LongMinimum(_Minimum[int]):
    """The smallest int, 2**63 - 1 without any."""

    _start = 2**63 - 1


class DoubleMinimum(_Minimum[float]):
    """The smallest float, infinity without any."""

    _kinds = (float, int)
    _start = float("inf")


class IntMaximum(_Maximum[int]):
    """The largest int, -2**31 without any."""

    _start = -(2**31)


class LongMaximum(_Maximum[int]):
    """The largest int, -2**63 without any."""

    _start = -(2**63)


class DoubleMaximum(_Maximum[float]):
    """The largest float, minus infinity without any."""

    _kinds = (float, int)
    _start = float("-inf")


class AverageAccumulator(Accumulator[float, float]):
    """The mean of numbers, 0.0 without any."""

    def __init__(self) -> None:
        self.reset_local()

    def add(self, value: float) -> None:
        """Take a number."""
        self._sum += value
        self._count += 1

    def get_local_value(self) -> float:
        """Return the mean so far."""
        return self._sum / self._count if self._count else 0.0

    def reset_local(self) -> None:
        """Begin again."""
        self._sum, self._count = 0.0, 0

    def merge(self, other: Accumulator[float, float]) -> None:
        """Take the numbers of another subtask."""
        assert isinstance(other, AverageAccumulator)
        self._sum += other._sum
        self._count += other._count


class ListAccumulator(Accumulator[Any, "list[Any]"]):
    """All values, those of one subtask in the order in which they came."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def add(self, value: Any) -> None:
        """Take a value."""
        self._values.append(value)

    def get_local_value(self) -> list[Any]:
        """Return the values so far."""
        return list(self._values)

    def reset_local(self) -> None:
        """Begin again."""
        self._values = []

    def merge(self, other: Accumulator[Any, list[Any]]) -> None:
        """Take the values of another subtask."""
        self._values += other.get_local_value()


class Histogram(Accumulator[int, "dict[int, int]"]):
    """How often each int came."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def add(self, value: int) -> None:
        """Take an int."""
        self._counts[value] = self._counts.get(value, 0) + 1

    def get_local_value(self) -> dict[int, int]:
        """Return counts by int, in order."""
        return dict(sorted(self._counts.items()))

    def reset_local(self) -> None:
        """Begin again."""
        self._counts = {}

    def merge(self, other: Accumulator[int, dict[int, int]]) -> None:
        """Take the counts of another subtask."""
        for value, count in other.get_local_value().items():
            self._counts[value] = self._counts.get(value, 0) + count
