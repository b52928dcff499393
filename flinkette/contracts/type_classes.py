"""The classes behind `Types`: each describes the Python values of a stream, field or state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BasicArrayTypeInfo",
    "BasicType",
    "BasicTypeInfo",
    "DateTypeInfo",
    "ExternalTypeInfo",
    "InstantTypeInfo",
    "ListTypeInfo",
    "LocalTimeTypeInfo",
    "MapTypeInfo",
    "ObjectArrayTypeInfo",
    "PickledBytesTypeInfo",
    "PrimitiveArrayTypeInfo",
    "RowTypeInfo",
    "SqlTimeTypeInfo",
    "TimeTypeInfo",
    "TimestampTypeInfo",
    "TupleTypeInfo",
    "TypeInformation",
    "TypeSpec",
]

TypeSpec = tuple[Any, ...]
"""A type as nested tuples: ("long",), ("row", ("a",), (("string",),)), ("list", ("int",)) …"""


class TypeInformation(ABC):
    """Description of a type of values. Immutable; made by the methods of `Types`.

    A stream, state or side output with a declared type converts and checks each value where
    PyFlink would serialise it.
    """

    def type_spec(self) -> TypeSpec:
        """Return the type as nested tuples; equal specs mean values are handled alike."""
        return self._spec()

    @abstractmethod
    def _spec(self) -> TypeSpec:
        """Return what `type_spec` does."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._identity()))

    def _identity(self) -> TypeSpec:
        """Return what two equal types of one class have in common."""
        return self.type_spec()


class BasicType(Enum):
    """The simple types; values are Flink's names for them."""

    STRING = "String"
    BYTE = "Byte"
    BOOLEAN = "Boolean"
    SHORT = "Short"
    INT = "Integer"
    LONG = "Long"
    FLOAT = "Float"
    DOUBLE = "Double"
    CHAR = "Char"
    BIG_INT = "BigInteger"
    BIG_DEC = "BigDecimal"
    INSTANT = "Instant"


_SPEC_OF_BASIC = {basic: (basic.name.lower(),) for basic in BasicType}
_SPEC_OF_BASIC[BasicType.BIG_DEC] = ("decimal",)

_PRIMITIVES = frozenset(
    {
        BasicType.BOOLEAN,
        BasicType.BYTE,
        BasicType.SHORT,
        BasicType.INT,
        BasicType.LONG,
        BasicType.FLOAT,
        BasicType.DOUBLE,
        BasicType.CHAR,
    }
)


def _checked(value: Any, place: str) -> TypeInformation:
    """Return `value` if it is a type, else say where in the declaration it is not."""
    if isinstance(value, TypeInformation):
        return value
    remedy = "use Types, e.g. Types.INT()"
    if callable(value):
        remedy = "call it, e.g. Types.INT() instead of Types.INT"
    raise InvalidTypeError(f"{place} must be a TypeInformation, got {value!r}; {remedy}")


def _checked_fields(types: Any, owner: str) -> tuple[TypeInformation, ...]:
    if isinstance(types, (str, bytes)) or not hasattr(types, "__iter__"):
        raise InvalidTypeError(
            f"{owner} takes a list of types, got {types!r}; write {owner}([Types.INT(), …])"
        )
    return tuple(_checked(each, f"{owner}: field {index}") for index, each in enumerate(types))


class BasicTypeInfo(TypeInformation):
    """A simple type such as a string or a 32-bit int.

    Parameters
    ----------
    basic_type : BasicType
        Which one.
    """

    def __init__(self, basic_type: BasicType) -> None:
        self._basic_type = basic_type

    @property
    def basic_type(self) -> BasicType:
        """Which of the simple types it is."""
        return self._basic_type

    def _spec(self) -> TypeSpec:
        return _SPEC_OF_BASIC[self._basic_type]

    def __repr__(self) -> str:
        return self._basic_type.value


class InstantTypeInfo(BasicTypeInfo):
    """A point of time with nanoseconds, `flinkette.common.Instant` in Python."""

    def __init__(self, basic_type: BasicType = BasicType.INSTANT) -> None:
        super().__init__(basic_type)


class SqlTimeTypeInfo(TypeInformation):
    """Base of the SQL date and time types."""

    @staticmethod
    def DATE() -> TypeInformation:
        """Return the type of `datetime.date` values."""
        return DateTypeInfo()

    @staticmethod
    def TIME() -> TypeInformation:
        """Return the type of `datetime.time` values."""
        return TimeTypeInfo()

    @staticmethod
    def TIMESTAMP() -> TypeInformation:
        """Return the type of `datetime.datetime` values."""
        return TimestampTypeInfo()

    def __repr__(self) -> str:
        return type(self).__name__


class DateTypeInfo(SqlTimeTypeInfo):
    """A `datetime.date`."""

    def _spec(self) -> TypeSpec:
        return ("date",)


class TimeTypeInfo(SqlTimeTypeInfo):
    """A `datetime.time` without zone."""

    def _spec(self) -> TypeSpec:
        return ("time",)


class TimestampTypeInfo(SqlTimeTypeInfo):
    """A `datetime.datetime` without zone, microseconds kept."""

    def _spec(self) -> TypeSpec:
        return ("timestamp",)


class LocalTimeTypeInfo(TypeInformation):
    """A date, time or date and time as Flink's Table API hands them to a stream.

    Parameters
    ----------
    time_type : LocalTimeTypeInfo.TimeType
        Which of the three.
    """

    class TimeType(Enum):
        """Which part of the calendar and the clock a value holds."""

        LOCAL_DATE = 0
        LOCAL_TIME = 1
        LOCAL_DATE_TIME = 2

    def __init__(self, time_type: LocalTimeTypeInfo.TimeType) -> None:
        self._time_type = time_type

    def _spec(self) -> TypeSpec:
        return (("date",), ("time",), ("timestamp",))[self._time_type.value]

    def __repr__(self) -> str:
        return f"LocalTimeTypeInfo<{self._time_type.name}>"


class PickledBytesTypeInfo(TypeInformation):
    """Any Python object, taken as it is; the type of a stream that declares none."""

    def _spec(self) -> TypeSpec:
        return ("pickled",)

    def __repr__(self) -> str:
        return "PickledByteArrayTypeInfo"


class RowTypeInfo(TypeInformation):
    """A `Row` with one type per field. Equality is by the field types, as in PyFlink.

    Parameters
    ----------
    field_types : sequence of TypeInformation
        Types in field order.
    field_names : sequence of str, optional
        Names in field order, all different; `f0`, `f1`, … if omitted.
    """

    def __init__(
        self, field_types: Sequence[TypeInformation], field_names: Sequence[str] | None = None
    ) -> None:
        self._field_types = _checked_fields(field_types, "Types.ROW")
        self._is_named = field_names is not None
        if field_names is None:
            field_names = [f"f{index}" for index in range(len(self._field_types))]
        self._field_names = tuple(field_names)
        if len(self._field_names) != len(self._field_types):
            raise InvalidTypeError(
                f"Types.ROW_NAMED got {len(self._field_names)} names {list(self._field_names)} for "
                f"{len(self._field_types)} types; give one name per type"
            )
        for index, name in enumerate(self._field_names):
            if not isinstance(name, str):
                raise InvalidTypeError(f"Types.ROW_NAMED: name {index} must be a str, got {name!r}")
            if name in self._field_names[:index]:
                raise InvalidTypeError(
                    f"Types.ROW_NAMED: the name {name!r} is given twice; field names must differ"
                )

    def get_field_names(self) -> list[str]:
        """Return the names in field order."""
        return list(self._field_names)

    def get_field_types(self) -> list[TypeInformation]:
        """Return the types in field order."""
        return list(self._field_types)

    def get_field_index(self, field_name: str) -> int:
        """Return the place of a field, counted from 0.

        Raises
        ------
        InvalidPipelineError
            If there is no such field (a ValueError, as in PyFlink).
        """
        try:
            return self._field_names.index(field_name)
        except ValueError:
            raise InvalidPipelineError(
                f"there is no field {field_name!r}; the fields are {list(self._field_names)}"
            ) from None

    def _spec(self) -> TypeSpec:
        return ("row", self._field_names, tuple(each.type_spec() for each in self._field_types))

    def _identity(self) -> TypeSpec:
        return self._field_types

    def __repr__(self) -> str:
        if self._is_named:
            pairs = zip(self._field_names, self._field_types, strict=True)
            fields = ", ".join(f"{name}: {each!r}" for name, each in pairs)
        else:
            fields = ", ".join(map(repr, self._field_types))
        return f"RowTypeInfo({fields})"


class TupleTypeInfo(TypeInformation):
    """A tuple with one type per position.

    Parameters
    ----------
    field_types : sequence of TypeInformation
        Types in order.
    """

    def __init__(self, field_types: Sequence[TypeInformation]) -> None:
        self._field_types = _checked_fields(field_types, "Types.TUPLE")

    def get_field_types(self) -> list[TypeInformation]:
        """Return the types in order."""
        return list(self._field_types)

    def _spec(self) -> TypeSpec:
        return ("tuple", tuple(each.type_spec() for each in self._field_types))

    def _identity(self) -> TypeSpec:
        return self._field_types

    def __repr__(self) -> str:
        return f"TupleTypeInfo({', '.join(map(repr, self._field_types))})"


class _ElementsTypeInfo(TypeInformation):
    """Base of the types that repeat one element type."""

    _made_by = ""
    _spec_name = "array"

    def __init__(self, element_type: TypeInformation) -> None:
        self._element_type = _checked(element_type, f"{self._made_by}: the element type")

    def get_element_type(self) -> TypeInformation:
        """Return the type of the elements."""
        return self._element_type

    def _spec(self) -> TypeSpec:
        return (self._spec_name, self._element_type.type_spec())

    def _identity(self) -> TypeSpec:
        return (self._element_type,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}<{self._element_type!r}>"


class PrimitiveArrayTypeInfo(_ElementsTypeInfo):
    """A list of numbers or booleans without nulls; with `Types.BYTE()`, a `bytes` object.

    Parameters
    ----------
    element_type : TypeInformation
        BOOLEAN, BYTE, SHORT, INT, LONG, FLOAT, DOUBLE or CHAR.
    """

    _made_by = "Types.PRIMITIVE_ARRAY"
    _spec_name = "primitive_array"

    def __init__(self, element_type: TypeInformation) -> None:
        super().__init__(element_type)
        basic = element_type.basic_type if isinstance(element_type, BasicTypeInfo) else None
        if basic not in _PRIMITIVES:
            raise InvalidTypeError(
                f"Types.PRIMITIVE_ARRAY cannot hold {element_type!r}; use Types.BASIC_ARRAY or "
                "Types.OBJECT_ARRAY for anything but numbers and booleans"
            )

    def _spec(self) -> TypeSpec:
        if self._element_type == BasicTypeInfo(BasicType.BYTE):
            return ("bytes",)
        return super()._spec()


class BasicArrayTypeInfo(_ElementsTypeInfo):
    """A list of simple values, nulls allowed.

    Parameters
    ----------
    element_type : TypeInformation
        A string, number or boolean type.
    """

    _made_by = "Types.BASIC_ARRAY"

    def __init__(self, element_type: TypeInformation) -> None:
        super().__init__(element_type)
        allowed = _PRIMITIVES | {BasicType.STRING}
        basic = element_type.basic_type if isinstance(element_type, BasicTypeInfo) else None
        if basic not in allowed:
            raise InvalidTypeError(
                f"Types.BASIC_ARRAY cannot hold {element_type!r}; use Types.OBJECT_ARRAY"
            )


class ObjectArrayTypeInfo(_ElementsTypeInfo):
    """A list of values of any type, nulls allowed.

    Parameters
    ----------
    element_type : TypeInformation
        Any type.
    """

    _made_by = "Types.OBJECT_ARRAY"


class ListTypeInfo(_ElementsTypeInfo):
    """A Python list; with `Types.BYTE()` elements a `bytes` object, as in PyFlink.

    Parameters
    ----------
    element_type : TypeInformation
        Any type.
    """

    _made_by = "Types.LIST"
    _spec_name = "list"

    def _spec(self) -> TypeSpec:
        if self._element_type == BasicTypeInfo(BasicType.BYTE):
            return ("bytes",)
        return super()._spec()

    @property
    def elem_type(self) -> TypeInformation:
        """Type of the elements."""
        return self._element_type


class MapTypeInfo(TypeInformation):
    """A Python dict.

    Parameters
    ----------
    key_type_info : TypeInformation
        Type of the keys.
    value_type_info : TypeInformation
        Type of the values.
    """

    def __init__(self, key_type_info: TypeInformation, value_type_info: TypeInformation) -> None:
        self._key_type_info = _checked(key_type_info, "Types.MAP: the key type")
        self._value_type_info = _checked(value_type_info, "Types.MAP: the value type")

    def get_key_type(self) -> TypeInformation:
        """Return the type of the keys."""
        return self._key_type_info

    def get_value_type(self) -> TypeInformation:
        """Return the type of the values."""
        return self._value_type_info

    def _spec(self) -> TypeSpec:
        return ("map", self._key_type_info.type_spec(), self._value_type_info.type_spec())

    def _identity(self) -> TypeSpec:
        return (self._key_type_info, self._value_type_info)

    def __repr__(self) -> str:
        return f"MapTypeInfo<{self._key_type_info!r}, {self._value_type_info!r}>"


class ExternalTypeInfo(TypeInformation):
    """A type as the Table API declares it towards a stream; values are those of the inner type.

    Parameters
    ----------
    type_info : TypeInformation
        The inner type.
    """

    def __init__(self, type_info: TypeInformation) -> None:
        self._type_info = _checked(type_info, "ExternalTypeInfo: the inner type")

    def _spec(self) -> TypeSpec:
        return self._type_info.type_spec()

    def _identity(self) -> TypeSpec:
        return (self._type_info,)

    def __repr__(self) -> str:
        return f"ExternalTypeInfo<{self._type_info!r}>"
