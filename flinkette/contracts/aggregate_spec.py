"""What a built-in aggregate is: the base of `Sum("v")`, `Count()` and the like.

A spec is plain data. It says how values are aggregated one by one in Python, and whether there is a
native accumulator (csrc/flk/accumulator.h) that gives the same results.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.contracts.row import Row

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation, TypeSpec

__all__ = [
    "FLAT_KINDS",
    "FLOAT_KINDS",
    "INT_KINDS",
    "NUMBER_KINDS",
    "AggregateSpec",
    "NativeDefinition",
    "field_value",
]

NativeDefinition = tuple[str, int, float]
"""Kind (the names are `_native.accumulators.KIND_NAMES`), option and parameter."""

INT_KINDS = frozenset({"byte", "short", "int", "long"})
"""First words of the type specs of ints that have at most 64 bits."""
FLOAT_KINDS = frozenset({"float", "double"})
NUMBER_KINDS = INT_KINDS | FLOAT_KINDS
FLAT_KINDS = NUMBER_KINDS | {"boolean", "string", "char", "bytes", "date", "time", "timestamp"}
"""Types whose columns hold the very values that Python sees, in the same order."""

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
        >>> from flinkette.ext.aggregations import Sum
        >>> Sum("v").alias("total").name
        'total'
        """
        return replace(self, name=name)

    @property
    def reads_row(self) -> bool:
        """Whether it takes the whole row, not only its field."""
        return False

    @property
    def skips_nulls(self) -> bool:
        """Whether None is left out; everything but ``Count()`` skips it."""
        return True

    @property
    def may_be_none(self) -> bool:
        """Whether the result is None where there was no value; only counts are 0 then."""
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

    def native_definition(self, input_type: TypeSpec | None) -> NativeDefinition | None:
        """Say which native accumulator gives the same results.

        Parameters
        ----------
        input_type : tuple or None
            `type_spec()` of the field, or of the row if `reads_row`; None if it is not declared.

        Returns
        -------
        tuple or None
            Kind, option and parameter; None if there is no such accumulator.

        Examples
        --------
        >>> from flinkette.ext.aggregations import Sum
        >>> Sum("v").native_definition(("long",)), Sum("v").native_definition(("string",))
        (('sum', 0, 0.0), None)
        """
        return None

    def result_type(self, input_type: TypeInformation) -> TypeInformation:
        """Return the type of the results.

        Parameters
        ----------
        input_type : TypeInformation
            Type of the field, or of the row if `reads_row`.

        Returns
        -------
        TypeInformation
            The type; results may be None.
        """
        return input_type
