"""Built-in aggregates that keep values: top-n, lists, rows, distinct values, quantiles."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette._native.accumulators import DistinctSketch, NumberSketch
from flinkette._native.key_codec import encode_key
from flinkette.contracts.aggregate_spec import (
    FLAT_KINDS,
    NUMBER_KINDS,
    AggregateSpec,
    NativeDefinition,
    field_value,
)
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.contracts.typeinfo import Types

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation, TypeSpec

__all__ = [
    "ApproxCountDistinct",
    "Collect",
    "CountDistinct",
    "MaxBy",
    "Median",
    "MinBy",
    "Quantile",
    "TopN",
]


def _is_larger(value: Any, other: Any) -> bool:
    """Compare; NaN is larger than every number and equal to itself."""
    return bool(value > other or (value != value and other == other))


class _ByField(AggregateSpec):
    """Keeps the first of the rows whose field is smallest or largest."""

    @property
    def reads_row(self) -> bool:
        """Whether it takes the whole row: always."""
        return True

    @abstractmethod
    def _is_better(self, value: Any, kept: Any) -> bool:
        """Tell whether a row whose field is `value` takes the place of one with `kept`."""

    def add(self, accumulator: Any, value: Any) -> Any:
        """Keep the better row; one whose field is None is left out."""
        compared = field_value(value, self.field)
        if compared is None:
            return accumulator
        if accumulator is None or self._is_better(compared, accumulator[0]):
            return (compared, value)
        return accumulator

    def merge(self, first: Any, second: Any) -> Any:
        """Keep the better one, the earlier of equal ones."""
        if first is None or second is None:
            return second if first is None else first
        return second if self._is_better(second[0], first[0]) else first

    def result(self, accumulator: Any) -> Any:
        """Return the row."""
        return None if accumulator is None else accumulator[1]

    def _definition(self, name: str, input_type: TypeSpec | None) -> NativeDefinition | None:
        if input_type is None or input_type[0] != "row":
            return None
        _, names, types = input_type
        if any(each[0] not in FLAT_KINDS for each in types):
            return None
        if isinstance(self.field, str):
            return (name, names.index(self.field), 0.0) if self.field in names else None
        index = self.field
        is_there = index is not None and 0 <= index < len(types)
        return (name, index, 0.0) if is_there and index is not None else None


class MinBy(_ByField):
    """Keeps the row whose field is smallest, the first of equal ones.

    Examples
    --------
    >>> MinBy("price").name
    'minby_price'
    """

    def _is_better(self, value: Any, kept: Any) -> bool:
        return _is_larger(kept, value)

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Keep a Row of flat values; the option is the number of the field."""
        return self._definition("min_by", input_type)


class MaxBy(_ByField):
    """Keeps the row whose field is largest, the first of equal ones."""

    def _is_better(self, value: Any, kept: Any) -> bool:
        return _is_larger(value, kept)

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Keep a Row of flat values; the option is the number of the field."""
        return self._definition("max_by", input_type)


@dataclass(frozen=True, init=False)
class TopN(AggregateSpec):
    """The n largest values as a list, largest first; equal values count one by one.

    Parameters
    ----------
    field : int, str or None
        Position or name of the field; None for the row itself.
    n : int
        How many, 1 to 1,000,000.
    name : str
        Name of the result.

    Examples
    --------
    >>> TopN("v", 3).name
    'topn_v'
    """

    n: int = 10

    def __init__(self, field: int | str | None = None, n: int = 10, name: str = "") -> None:
        if type(n) is not int or not 1 <= n <= 1_000_000:
            raise InvalidPipelineError(f"TopN(): n must be an int from 1 to 1,000,000, got {n!r}")
        for attribute, value in (("field", field), ("n", n), ("name", name)):
            object.__setattr__(self, attribute, value)
        self.__post_init__()

    def add(self, accumulator: Any, value: Any) -> Any:
        """Put the value behind those that are not smaller."""
        values = [] if accumulator is None else accumulator
        place = len(values)
        while place > 0 and _is_larger(value, values[place - 1]):
            place -= 1
        if place < self.n:
            values.insert(place, value)
            del values[self.n :]
        return values

    def merge(self, first: Any, second: Any) -> Any:
        """Put the values of the second group among those of the first."""
        merged = list(first or ()) or None
        for value in second or ():
            merged = self.add(merged, value)
        return merged

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Keep flat values."""
        is_flat = input_type is not None and input_type[0] in FLAT_KINDS
        return ("top_n", self.n, 0.0) if is_flat else None

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return the type of lists."""
        return Types.OBJECT_ARRAY(input_type)


class Collect(AggregateSpec):
    """All values as a list, in the order they arrived.

    Examples
    --------
    >>> Collect("word").name
    'collect_word'
    """

    def add(self, accumulator: Any, value: Any) -> Any:
        """Append the value."""
        values = [] if accumulator is None else accumulator
        values.append(value)
        return values

    def merge(self, first: Any, second: Any) -> Any:
        """Join the lists."""
        return [*(first or ()), *(second or ())] or None

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Keep flat values."""
        is_flat = input_type is not None and input_type[0] in FLAT_KINDS
        return ("collect", 0, 0.0) if is_flat else None

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return the type of lists."""
        return Types.OBJECT_ARRAY(input_type)


class CountDistinct(AggregateSpec):
    """Counts different values exactly. Values are equal as keys are: NaN is one, -0.0 and 0.0 two.

    Examples
    --------
    >>> CountDistinct("user").name
    'countdistinct_user'
    """

    @property
    def may_be_none(self) -> bool:
        """Return False."""
        return False

    def add(self, accumulator: Any, value: Any) -> Any:
        """Remember the value."""
        seen = set() if accumulator is None else accumulator
        seen.add(encode_key(value))
        return seen

    def merge(self, first: Any, second: Any) -> Any:
        """Unite the sets."""
        return (first or set()) | (second or set())

    def result(self, accumulator: Any) -> int:
        """Count; 0 if there was no value."""
        return len(accumulator or ())

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Count flat values."""
        is_flat = input_type is not None and input_type[0] in FLAT_KINDS
        return ("count_distinct", 0, 0.0) if is_flat else None

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return LONG."""
        return Types.LONG()


@dataclass(frozen=True, init=False)
class ApproxCountDistinct(AggregateSpec):
    """Counts different values approximately (HyperLogLog), in at most 2**precision bytes.

    Parameters
    ----------
    field : int, str or None
        Position or name of the field; None for the row itself.
    precision : int
        4 to 18. The relative standard error is 1.04 / sqrt(2**precision): 6.5 % at 8, 1.6 % at 12,
        0.8 % at 14.
    name : str
        Name of the result.
    """

    precision: int = 14

    def __init__(self, field: int | str | None = None, precision: int = 14, name: str = "") -> None:
        if type(precision) is not int or not 4 <= precision <= 18:
            raise InvalidPipelineError(
                f"ApproxCountDistinct(): precision must be an int from 4 to 18, got {precision!r}"
            )
        for attribute, value in (("field", field), ("precision", precision), ("name", name)):
            object.__setattr__(self, attribute, value)
        self.__post_init__()

    @property
    def may_be_none(self) -> bool:
        """Return False."""
        return False

    def add(self, accumulator: Any, value: Any) -> Any:
        """Add to the sketch."""
        sketch = DistinctSketch(self.precision) if accumulator is None else accumulator
        sketch.add(value)
        return sketch

    def merge(self, first: Any, second: Any) -> Any:
        """Unite the sketches."""
        if first is None or second is None:
            return second if first is None else first
        return first.merge(second)

    def result(self, accumulator: Any) -> int:
        """Estimate; 0 if there was no value."""
        return 0 if accumulator is None else int(accumulator.estimate())

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Use the same sketch for values whose columns hash as they do."""
        hashed = FLAT_KINDS - {"date", "time", "timestamp"}
        is_hashed = input_type is not None and input_type[0] in hashed
        return ("approx_count_distinct", self.precision, 0.0) if is_hashed else None

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return LONG."""
        return Types.LONG()


@dataclass(frozen=True, init=False)
class Quantile(AggregateSpec):
    """The number that a part of the numbers is not above, interpolated, as SQL's PERCENTILE_CONT.

    Parameters
    ----------
    field : int, str or None
        Position or name of the field; None for the row itself.
    quantile : float
        The part, 0 to 1: 0.5 is the median.
    name : str
        Name of the result.

    Notes
    -----
    Exact up to 256 different values in a group, beyond that within 0.4 % of the value. The order
    of rows, batches and merged slices does not matter.

    Examples
    --------
    >>> Quantile("ms", 0.99, name="p99").name
    'p99'
    """

    quantile: float = 0.5

    def __init__(
        self, field: int | str | None = None, quantile: float = 0.5, name: str = ""
    ) -> None:
        if type(quantile) not in (int, float) or not 0 <= quantile <= 1:
            raise InvalidPipelineError(
                f"{type(self).__name__}(): the quantile must be a number from 0 to 1, "
                f"got {quantile!r}"
            )
        for attribute, value in (("field", field), ("quantile", float(quantile)), ("name", name)):
            object.__setattr__(self, attribute, value)
        self.__post_init__()

    def add(self, accumulator: Any, value: Any) -> Any:
        """Add to the sketch."""
        sketch = NumberSketch() if accumulator is None else accumulator
        sketch.add(float(value))
        return sketch

    def merge(self, first: Any, second: Any) -> Any:
        """Unite the sketches."""
        if first is None or second is None:
            return second if first is None else first
        return first.merge(second)

    def result(self, accumulator: Any) -> float | None:
        """Look it up."""
        return None if accumulator is None else float(accumulator.value_at(self.quantile))

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Use the same sketch."""
        is_number = input_type is not None and input_type[0] in NUMBER_KINDS
        return ("quantile", 0, self.quantile) if is_number else None

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return DOUBLE."""
        return Types.DOUBLE()


class Median(Quantile):
    """The middle of the numbers; the mean of the two in the middle if there is none.

    Parameters
    ----------
    field : int, str or None
        Position or name of the field; None for the row itself.
    name : str
        Name of the result.

    Notes
    -----
    Exact up to 256 different values in a group, beyond that within 0.4 % of the value.
    """

    def __init__(
        self, field: int | str | None = None, name: str = "", *, quantile: float = 0.5
    ) -> None:
        super().__init__(field, quantile, name)
