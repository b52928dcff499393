"""Types that programs declare for rows and columns, as specifications and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidTypeError

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["RowFields", "TypeSpec", "is_typed", "row_fields", "type_info_of", "type_spec_of"]

TypeSpec = tuple[Any, ...]
"""A type as nested tuples, as `TypeInformation.type_spec` returns it."""

RowFields = tuple[tuple[str, ...], tuple[TypeSpec, ...]]
"""Names and types of the fields of a row."""

SPEC_OF_PYTHON_TYPE: dict[Any, TypeSpec] = {
    int: ("long",),
    float: ("double",),
    str: ("string",),
    bool: ("boolean",),
    bytes: ("bytes",),
}


def type_spec_of(declared: Any) -> TypeSpec:
    """Return the type specification of what a program declares for a column.

    Parameters
    ----------
    declared
        A TypeInformation (or anything else with `type_spec`), or int, float, str, bool, bytes.

    Raises
    ------
    InvalidTypeError
        If it is neither.
    """
    if isinstance(declared, type) and declared in SPEC_OF_PYTHON_TYPE:
        return SPEC_OF_PYTHON_TYPE[declared]
    spec = getattr(declared, "type_spec", None)
    if spec is None:
        raise InvalidTypeError(
            f"{declared!r} is not a type of a column; use Types.LONG(), Types.STRING(), … or int, "
            "float, str, bool, bytes"
        )
    return tuple(spec())


def is_typed(spec: TypeSpec) -> bool:
    """Tell whether a type says of all its values what they are: nothing in it is pickled."""
    inner = {"row": lambda: spec[2], "tuple": lambda: spec[1]}.get(spec[0], lambda: spec[1:])()
    return spec[0] != "pickled" and all(map(is_typed, inner))


def row_fields(declared: Any) -> RowFields | None:
    """Return names and type specifications of a declared row or tuple type, None for others."""
    if declared is None:
        return None
    spec = type_spec_of(declared)
    if spec[0] == "row":
        return tuple(spec[1]), tuple(spec[2])
    if spec[0] == "tuple":
        return tuple(f"f{index}" for index in range(len(spec[1]))), tuple(spec[1])
    return None


def type_info_of(spec: TypeSpec) -> TypeInformation:
    """Return a TypeInformation of a type specification.

    Raises
    ------
    InvalidTypeError
        If there is no such type.
    """
    from flinkette.contracts.typeinfo import Types

    kind = spec[0]
    if kind == "row":
        return Types.ROW_NAMED(list(spec[1]), [type_info_of(field) for field in spec[2]])
    if kind == "tuple":
        return Types.TUPLE([type_info_of(field) for field in spec[1]])
    if kind in ("list", "array"):
        return Types.LIST(type_info_of(spec[1]))
    if kind == "map":
        return Types.MAP(type_info_of(spec[1]), type_info_of(spec[2]))
    simple = {
        "boolean": Types.BOOLEAN,
        "byte": Types.BYTE,
        "short": Types.SHORT,
        "int": Types.INT,
        "long": Types.LONG,
        "float": Types.FLOAT,
        "double": Types.DOUBLE,
        "string": Types.STRING,
        "char": Types.CHAR,
        "big_int": Types.BIG_INT,
        "decimal": Types.BIG_DEC,
        "date": Types.SQL_DATE,
        "time": Types.SQL_TIME,
        "timestamp": Types.SQL_TIMESTAMP,
        "instant": Types.INSTANT,
        "pickled": Types.PICKLED_BYTE_ARRAY,
    }.get(kind)
    if kind == "bytes":
        return Types.PRIMITIVE_ARRAY(Types.BYTE())
    if simple is None:
        raise InvalidTypeError(f"{spec!r} is not a type; use the methods of Types")
    return simple()
