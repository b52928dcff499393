"""Built-in aggregates of fields: `Sum("v")`, `Count()` and the like (flinkette only).

A spec is plain data; `combined` makes one AggregateFunction of several specs and keeps them as
`specs`, so that a planner may run them natively instead. Results are the same either way: ints are
exact, None is skipped, rows are taken in the order they arrive. Those that keep values (top-n,
lists, distinct values, quantiles) are in `aggregates_of_values`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette.contracts.aggregate_spec import (
    FLAT_KINDS,
    FLOAT_KINDS,
    INT_KINDS,
    NUMBER_KINDS,
    AggregateSpec,
    NativeDefinition,
    field_value,
)
from flinkette.contracts.aggregate_types import type_of_field
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.functions import (
    AggregateFunction,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
)
from flinkette.contracts.row import Row
from flinkette.contracts.typeinfo import Types

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from flinkette.contracts.typeinfo import TypeInformation, TypeSpec

__all__ = [
    "AggregateSpec",
    "Avg",
    "CombinedAggregate",
    "Count",
    "CountIf",
    "First",
    "Last",
    "Max",
    "Min",
    "StdDev",
    "Sum",
    "Variance",
    "WithFields",
    "WithWindow",
    "combined",
    "field_value",
]


BOOLEAN_KINDS = frozenset({"boolean"})


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

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Add up numbers; declared ints are checked to fit 64 bits at the end."""
        return _of_kinds("sum", input_type, NUMBER_KINDS)

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return LONG for ints, DOUBLE for floats."""
        kind = input_type.type_spec()[0]
        if kind in INT_KINDS:
            return Types.LONG()
        return Types.DOUBLE() if kind in FLOAT_KINDS else input_type


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

    @property
    def may_be_none(self) -> bool:
        """Return False."""
        return False

    def create(self) -> int:
        """Return 0."""
        return 0

    def add(self, accumulator: int, value: Any) -> int:
        """Add one."""
        return accumulator + 1

    def merge(self, first: int, second: int) -> int:
        """Add the counts."""
        return first + second

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Count rows, or a field of any declared type."""
        if self.field is not None and (input_type is None or input_type[0] == "pickled"):
            return None
        return ("count", 0, 0.0)

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return LONG."""
        return Types.LONG()


class CountIf(AggregateSpec):
    """Counts the rows in which a field of booleans is True; None is none of them.

    Examples
    --------
    >>> CountIf("is_paid").name
    'countif_is_paid'
    """

    @property
    def may_be_none(self) -> bool:
        """Return False."""
        return False

    def create(self) -> int:
        """Return 0."""
        return 0

    def add(self, accumulator: int, value: Any) -> int:
        """Add one for True."""
        if not isinstance(value, bool):
            raise InvalidTypeError(
                f"CountIf({self.field!r}) counts the rows where a bool is True, got {value!r:.200} "
                f"({type(value).__name__}); map the field to a bool before the window"
            )
        return accumulator + value

    def merge(self, first: int, second: int) -> int:
        """Add the counts."""
        return first + second

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Count booleans."""
        return _of_kinds("count_if", input_type, BOOLEAN_KINDS)

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return LONG."""
        return Types.LONG()


class Min(AggregateSpec):
    """Keeps the smallest value; NaN is larger than every number."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the smaller one, the earlier of equal ones."""
        if accumulator is None or value < accumulator or accumulator != accumulator:
            return value
        return accumulator

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Keep a flat value."""
        return _of_kinds("min", input_type, FLAT_KINDS)


class Max(AggregateSpec):
    """Keeps the largest value; NaN is larger than every number."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the larger one, the earlier of equal ones."""
        if accumulator is None or value > accumulator:
            return value
        return value if value != value else accumulator

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Keep a flat value."""
        return _of_kinds("max", input_type, FLAT_KINDS)


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

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Divide sums of numbers."""
        return _of_kinds("avg", input_type, NUMBER_KINDS)

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return DOUBLE for numbers."""
        is_number = input_type.type_spec()[0] in NUMBER_KINDS
        return Types.DOUBLE() if is_number else input_type


class First(AggregateSpec):
    """Keeps the value that arrived first."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the earlier one."""
        return value if accumulator is None else accumulator

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Keep a flat value."""
        return _of_kinds("first", input_type, FLAT_KINDS)


class Last(AggregateSpec):
    """Keeps the value that arrived last."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the later one."""
        return value

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Keep a flat value."""
        return _of_kinds("last", input_type, FLAT_KINDS)


@dataclass(frozen=True)
class Variance(AggregateSpec):
    """Variance of a field as a float.

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
    The sample variance of a single value is None.
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
        """Divide."""
        count, _, squares = (0, 0.0, 0.0) if accumulator is None else accumulator
        divisor = count if self.population else count - 1
        return squares / divisor if divisor > 0 else None

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Use the same formulas."""
        return _of_kinds("variance", input_type, NUMBER_KINDS, int(self.population))

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return DOUBLE."""
        return Types.DOUBLE()


@dataclass(frozen=True)
class StdDev(Variance):
    """Standard deviation of a field as a float: the root of the variance.

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

    def result(self, accumulator: Any) -> float | None:
        """Take the root."""
        variance = super().result(accumulator)
        return None if variance is None else math.sqrt(variance)

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Use the same formulas."""
        return _of_kinds("stddev", input_type, NUMBER_KINDS, int(self.population))


def _of_kinds(
    name: str, input_type: TypeSpec | None, kinds: frozenset[str], option: int = 0
) -> NativeDefinition | None:
    return (name, option, 0.0) if input_type is not None and input_type[0] in kinds else None


class CombinedAggregate(AggregateFunction):
    """One AggregateFunction of built-in aggregates; `combined` checks and makes it.

    Parameters
    ----------
    specs : tuple of AggregateSpec
        At least one, with different names.
    is_row : bool
        Give a Row with a field per aggregate; else the value of the only one.
    bounded : collection of int
        Indexes of sums that must fit 64 bits: those of fields that are declared to.

    Attributes
    ----------
    specs : tuple of AggregateSpec
        As the parameter; what a native operator reads.
    is_row : bool
        As the parameter.
    """

    def __init__(
        self, specs: tuple[AggregateSpec, ...], *, is_row: bool, bounded: Collection[int] = ()
    ) -> None:
        self.specs = specs
        self.is_row = is_row
        self._bounded = bounded
        self._by_field: dict[int | str | None, list[tuple[int, Any, bool]]] = {}
        for index, spec in enumerate(specs):
            step = (index, spec.add, spec.skips_nulls)
            self._by_field.setdefault(None if spec.reads_row else spec.field, []).append(step)

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
        for index in self._bounded:
            if results[index] is not None and not -(2**63) <= results[index] < 2**63:
                # as csrc/flk/accumulate_sum.cc says it
                raise OverflowError(
                    f"sum: {results[index]} does not fit int64; sum a float or decimal field "
                    "instead"
                )
        if not self.is_row:
            return results[0]
        return Row(**{spec.name: part for spec, part in zip(self.specs, results, strict=True)})

    def merge(self, acc_a: list[Any], acc_b: list[Any]) -> list[Any]:
        """Return the accumulators of both groups of rows."""
        return [
            spec.merge(first, second)
            for spec, first, second in zip(self.specs, acc_a, acc_b, strict=True)
        ]


def combined(
    specs: Sequence[AggregateSpec], *, is_row: bool, rows: TypeInformation | None = None
) -> CombinedAggregate:
    """Make one function of several built-in aggregates.

    Parameters
    ----------
    specs : sequence of AggregateSpec
        At least one.
    is_row : bool
        Give a Row also for a single aggregate.
    rows : TypeInformation, optional
        Declared type of the rows.

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
    types = [type_of_field(rows, spec.field) for spec in specs]
    bounded = [
        index
        for index, (spec, read) in enumerate(zip(specs, types, strict=True))
        if isinstance(spec, Sum) and read is not None and read.type_spec()[0] in INT_KINDS
    ]
    return CombinedAggregate(tuple(specs), is_row=is_row or len(specs) > 1, bounded=bounded)


@dataclass(frozen=True)
class _Fields:
    """Which fields come before the results of built-in aggregates."""

    has_key: bool
    has_window: bool
    result_name: str | None
    """None: the result is a Row, whose fields are put beside the others."""

    def row(self, key: Any, window: Any, result: Any) -> Row:
        """Put key and window before a result."""
        fields: dict[str, Any] = {"key": key} if self.has_key else {}
        if self.has_window:
            fields["window_start"] = getattr(window, "start", None)
            fields["window_end"] = getattr(window, "end", None)
        if self.result_name is None:
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
