"""Built-in aggregates of fields: `Sum("v")`, `Count()` and the like (flinkette only).

A spec is plain data; `combined` makes one AggregateFunction of several specs and keeps them as
`specs`, so that a planner may run them natively instead. Results are the same either way: ints are
exact, None is skipped, rows are taken in the order they arrive.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.functions import (
    AggregateFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
)
from flinkette.contracts.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "AggregateSpec",
    "Avg",
    "CombinedAggregate",
    "Count",
    "First",
    "Last",
    "Max",
    "Min",
    "StdDev",
    "Sum",
    "WithFields",
    "WithWindow",
    "combined",
    "field_value",
]

Self = TypeVar("Self", bound="AggregateSpec")


def field_value(row: Any, field: int | str | None) -> Any:
    """Return a field of a row.

    Parameters
    ----------
    row : object
        A Row, mapping, tuple, list, or an object with attributes (dataclass, NamedTuple).
    field : int, str or None
        Position, name, or None for the row itself.

    Returns
    -------
    object
        The field's value.

    Raises
    ------
    InvalidPipelineError
        If the row has no such field.
    """
    try:
        if field is None:
            return row
        if isinstance(field, int) or isinstance(row, (Row, Mapping)):
            return row[field]
        return getattr(row, field)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        text = repr(row)
        raise InvalidPipelineError(
            f"the {type(row).__name__} {text if len(text) <= 200 else text[:197] + '...'} has no "
            f"field {field!r}; name a field of a Row, dict or object, or give the position in a "
            "tuple"
        ) from None


@dataclass(frozen=True)
class AggregateSpec:
    """A built-in aggregate of one field.

    Parameters
    ----------
    field : int, str or None
        Position or name of the field; None for the row itself.
    name : str
        Name of the result; made from the aggregate and the field if empty.
    """

    field: int | str | None = None
    name: str = ""

    def __post_init__(self) -> None:
        field = self.field
        if isinstance(field, bool) or not (field is None or isinstance(field, (int, str))):
            raise InvalidTypeError(
                f"{type(self).__name__}(): the field must be a name (str) or a position (int), "
                f"got {field!r}"
            )
        if not self.name:
            place = f"f{field}" if isinstance(field, int) else field
            kind = type(self).__name__.lower()
            object.__setattr__(self, "name", f"{kind}_{place}" if place else kind)

    def alias(self: Self, name: str) -> Self:
        """Name the result.

        Parameters
        ----------
        name : str
            Name of the field in the result rows.

        Returns
        -------
        AggregateSpec
            A copy with that name.

        Examples
        --------
        >>> Sum("v").alias("total").name
        'total'
        """
        return replace(self, name=name)

    @property
    def skips_nulls(self) -> bool:
        """Whether None is left out; everything but ``Count()`` skips it."""
        return True

    def create(self) -> Any:
        """Return the accumulator of no rows."""
        return None

    @abstractmethod
    def add(self, accumulator: Any, value: Any) -> Any:
        """Return the accumulator after one more value, which is not None."""

    def merge(self, first: Any, second: Any) -> Any:
        """Return the accumulator of two groups of rows, the earlier ones first."""
        if second is None:
            return first
        return second if first is None else self.add(first, second)

    def result(self, accumulator: Any) -> Any:
        """Return the result; None if there was no value."""
        return accumulator


class Sum(AggregateSpec):
    """Adds up a field; exact for ints of any size.

    Examples
    --------
    >>> Sum("v", name="total")
    Sum(field='v', name='total')
    """

    def add(self, accumulator: Any, value: Any) -> Any:
        """Add the value."""
        return value if accumulator is None else accumulator + value


class Count(AggregateSpec):
    """Counts rows, or with a field those whose field is not None.

    Examples
    --------
    >>> Count().name, Count("v").name
    ('count', 'count_v')
    """

    @property
    def skips_nulls(self) -> bool:
        """Whether a field was named."""
        return self.field is not None

    def create(self) -> int:
        """Return 0."""
        return 0

    def add(self, accumulator: int, value: Any) -> int:
        """Add one."""
        return accumulator + 1

    def merge(self, first: int, second: int) -> int:
        """Add the counts."""
        return first + second


class Min(AggregateSpec):
    """Keeps the smallest value; NaN is larger than every number."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the smaller one, the earlier of equal ones."""
        if accumulator is None or value < accumulator or accumulator != accumulator:
            return value
        return accumulator


class Max(AggregateSpec):
    """Keeps the largest value; NaN is larger than every number."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the larger one, the earlier of equal ones."""
        if accumulator is None or value > accumulator:
            return value
        return value if value != value else accumulator


class Avg(AggregateSpec):
    """Mean of a field: its sum, exact for ints, divided by the number of values."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Add to sum and count."""
        return (value, 1) if accumulator is None else (accumulator[0] + value, accumulator[1] + 1)

    def merge(self, first: Any, second: Any) -> Any:
        """Add sums and counts."""
        if first is None or second is None:
            return second if first is None else first
        return (first[0] + second[0], first[1] + second[1])

    def result(self, accumulator: Any) -> Any:
        """Divide."""
        return None if accumulator is None else accumulator[0] / accumulator[1]


class First(AggregateSpec):
    """Keeps the value that arrived first."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the earlier one."""
        return value if accumulator is None else accumulator


class Last(AggregateSpec):
    """Keeps the value that arrived last."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the later one."""
        return value


@dataclass(frozen=True)
class StdDev(AggregateSpec):
    """Standard deviation of a field as a float.

    Parameters
    ----------
    field : int, str or None
        Position or name of the field; None for the row itself.
    name : str
        Name of the result.
    population : bool
        Divide by n instead of n - 1.

    Notes
    -----
    The sample deviation of a single value is None.
    """

    population: bool = False

    def add(self, accumulator: Any, value: Any) -> Any:
        """Update count, mean and sum of squared distances (Welford)."""
        count, mean, squares = (0, 0.0, 0.0) if accumulator is None else accumulator
        distance = float(value) - mean
        mean += distance / (count + 1)
        return (count + 1, mean, squares + distance * (float(value) - mean))

    def merge(self, first: Any, second: Any) -> Any:
        """Put two groups together (Chan)."""
        if first is None or second is None:
            return second if first is None else first
        count = first[0] + second[0]
        distance = second[1] - first[1]
        mean = first[1] + distance * second[0] / count
        squares = first[2] + second[2] + distance * distance * first[0] * second[0] / count
        return (count, mean, squares)

    def result(self, accumulator: Any) -> float | None:
        """Take the root."""
        count, _, squares = (0, 0.0, 0.0) if accumulator is None else accumulator
        divisor = count if self.population else count - 1
        return math.sqrt(squares / divisor) if divisor > 0 else None


class CombinedAggregate(AggregateFunction):
    """One AggregateFunction of built-in aggregates; `combined` checks and makes it.

    Parameters
    ----------
    specs : tuple of AggregateSpec
        At least one, with different names.
    is_row : bool
        Give a Row with a field per aggregate; else the value of the only one.

    Attributes
    ----------
    specs : tuple of AggregateSpec
        As the parameter; what a native operator reads.
    is_row : bool
        As the parameter.
    """

    def __init__(self, specs: tuple[AggregateSpec, ...], *, is_row: bool) -> None:
        self.specs = specs
        self.is_row = is_row
        self._by_field: dict[int | str | None, list[tuple[int, Any, bool]]] = {}
        for index, spec in enumerate(specs):
            step = (index, spec.add, spec.skips_nulls)
            self._by_field.setdefault(spec.field, []).append(step)

    def create_accumulator(self) -> list[Any]:
        """Return the accumulators of no rows."""
        return [spec.create() for spec in self.specs]

    def add(self, value: Any, accumulator: list[Any]) -> list[Any]:
        """Take one row."""
        for name, steps in self._by_field.items():
            field = field_value(value, name)
            for index, add, skips_nulls in steps:
                if field is not None or not skips_nulls:
                    accumulator[index] = add(accumulator[index], field)
        return accumulator

    def get_result(self, accumulator: list[Any]) -> Any:
        """Return the value, or the Row of named values."""
        results = [spec.result(part) for spec, part in zip(self.specs, accumulator, strict=True)]
        if not self.is_row:
            return results[0]
        return Row(**{spec.name: part for spec, part in zip(self.specs, results, strict=True)})

    def merge(self, acc_a: list[Any], acc_b: list[Any]) -> list[Any]:
        """Return the accumulators of both groups of rows."""
        return [
            spec.merge(first, second)
            for spec, first, second in zip(self.specs, acc_a, acc_b, strict=True)
        ]


def combined(specs: Sequence[AggregateSpec], *, is_row: bool) -> CombinedAggregate:
    """Make one function of several built-in aggregates.

    Parameters
    ----------
    specs : sequence of AggregateSpec
        At least one.
    is_row : bool
        Give a Row also for a single aggregate.

    Returns
    -------
    CombinedAggregate
        To be used as any AggregateFunction.

    Raises
    ------
    InvalidPipelineError
        If there is no aggregate, or two have one name.
    InvalidTypeError
        If one is not an AggregateSpec.
    """
    if not specs:
        raise InvalidPipelineError("aggregate() got an empty list; name at least one aggregate")
    for spec in specs:
        if not isinstance(spec, AggregateSpec):
            raise InvalidTypeError(
                f"aggregate() got {spec!r} among built-in aggregates; take them from "
                "flinkette.ext.aggregations and make instances, such as Sum('v')"
            )
    twice = [name for name, count in Counter(spec.name for spec in specs).items() if count > 1]
    if twice:
        raise InvalidPipelineError(
            f"aggregate(): two results are named {twice[0]!r}; give one another name with "
            ".alias(...)"
        )
    return CombinedAggregate(tuple(specs), is_row=is_row or len(specs) > 1)


@dataclass(frozen=True)
class _Fields:
    """Which fields come before the results of built-in aggregates."""

    has_key: bool
    has_window: bool
    result_name: str

    def row(self, key: Any, window: Any, result: Any) -> Row:
        """Put key and window before a result."""
        fields: dict[str, Any] = {"key": key} if self.has_key else {}
        if self.has_window:
            fields["window_start"] = getattr(window, "start", None)
            fields["window_end"] = getattr(window, "end", None)
        if isinstance(result, Row):
            fields.update(result.as_dict())
        else:
            fields[self.result_name] = result
        return Row(**fields)


class WithFields(_Fields, ProcessWindowFunction[Any, Row, Any, Any]):
    """Puts key and window bounds before the results of built-in aggregates."""

    def process(
        self, key: Any, context: ProcessWindowFunction.Context[Any], elements: Iterable[Any]
    ) -> Iterator[Row]:
        """Yield one Row for the window's result."""
        for result in elements:
            yield self.row(key, context.window(), result)


class WithWindow(_Fields, ProcessAllWindowFunction[Any, Row, Any]):
    """Puts window bounds before the results of built-in aggregates of all rows."""

    def process(
        self, context: ProcessAllWindowFunction.Context[Any], elements: Iterable[Any]
    ) -> Iterator[Row]:
        """Yield one Row for the window's result."""
        for result in elements:
            yield self.row(None, context.window(), result)
