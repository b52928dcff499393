"""Types of columns in memory: as what their rows are declared, and columns as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette._native.batch import Batch, TupleNames
from flinkette._native.column import Column
from flinkette.contracts.errors import InvalidTypeError, RowConversionError
from flinkette.formats.row_types import type_info_of, type_spec_of

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.formats.row_types import TypeSpec

__all__ = ["cast_columns", "type_of_columns"]

PICKLED: TypeSpec = ("pickled",)
SPEC_OF_COLUMN: dict[str, TypeSpec] = {
    "bool": ("boolean",),
    "int8": ("byte",),
    "uint8": ("short",),
    "int16": ("short",),
    "uint16": ("int",),
    "int32": ("int",),
    "uint32": ("long",),
    "int64": ("long",),
    "float16": ("float",),
    "float32": ("float",),
    "float64": ("double",),
    "utf8": ("string",),
    "large_utf8": ("string",),
    "utf8_view": ("string",),
    "dictionary<utf8>": ("string",),
    "dictionary<large_utf8>": ("string",),
    "dictionary<utf8_view>": ("string",),
    "date32": ("date",),
    "date64": ("date",),
    "timestamp[s]": ("timestamp",),
    "timestamp[ms]": ("timestamp",),
    "timestamp[us]": ("timestamp",),
    "timestamp[ns]": ("timestamp",),
}


def type_of_columns(batch: Batch) -> TypeInformation | None:
    """Return the type that rows of these columns have.

    Parameters
    ----------
    batch
        Columns; their rows do not count.

    Returns
    -------
    TypeInformation or None
        A type of rows, whose fields are pickled where no declared type has all values of the
        column; None if the names of the columns are not distinct.

    Examples
    --------
    >>> type_of_columns(Batch.from_columns([Column.from_objects([1])], ["v"]))
    RowTypeInfo(v: Long)
    """
    columns = batch.columns or ()
    specs = tuple(SPEC_OF_COLUMN.get(column.type_name, PICKLED) for column in columns)
    if batch.names is None:
        return None if specs[0] == PICKLED else type_info_of(specs[0])
    if len(set(batch.names)) < len(batch.names):
        return None
    return type_info_of(("row", batch.names, specs))


def cast_columns(batch: Batch, declared: TypeInformation, target: str) -> Batch:
    """Return a batch with columns of the declared type, sharing those that have it already.

    Parameters
    ----------
    batch
        Columns, with a name each or a single one without.
    declared
        A type of rows or tuples for columns with names; a field of pickled type keeps its column.
    target
        What error messages call the place where the type was declared.

    Raises
    ------
    InvalidTypeError
        If the type does not have the fields that the columns are.
    RowConversionError
        If a value does not fit.
    """
    spec = type_spec_of(declared)
    if spec == PICKLED:
        return batch
    is_row, is_tuple = spec[0] == "row", spec[0] == "tuple"
    held = batch.columns or ()
    if (is_row or is_tuple) == (batch.names is None):
        raise InvalidTypeError(
            f"{target}: the data is {_described(batch)}, the type {declared!r}; declare "
            f"{'Types.ROW_NAMED(names, types)' if batch.names else 'the type of the values'}"
        )
    if batch.names is None:
        return Batch.from_columns([_cast(held[0], spec, "the values", target)], times=batch.times)
    names = spec[1] if is_row else TupleNames(f"f{index}" for index in range(len(spec[1])))
    specs = spec[2] if is_row else spec[1]
    if is_row and set(names) <= set(batch.names):
        held = tuple(batch.column(name) for name in names)
    elif len(names) != len(held):
        raise InvalidTypeError(
            f"{target}: the data is {_described(batch)}, the type {declared!r}; give it one field "
            "for each column, or the names of some columns"
        )
    columns = [
        _cast(column, field, f"column {name!r}", target)
        for column, field, name in zip(held, specs, names, strict=True)
    ]
    return Batch.from_columns(columns, names, batch.times)


def _cast(column: Column, spec: TypeSpec, what: str, target: str) -> Column:
    wanted = None if spec == PICKLED else Column.from_objects_typed([], spec)
    if wanted is None or column.type_name == wanted.type_name:
        return column
    if SPEC_OF_COLUMN.get(column.type_name) == spec:
        return column  # other memory, such as 64-bit offsets, but the same Python values
    import pyarrow

    try:
        array = pyarrow.array(column).cast(pyarrow.array(wanted).type)
    except pyarrow.ArrowException as error:
        raise RowConversionError(
            f"{target}: {what} is {column.type_name} and cannot become {wanted.type_name}: "
            f"{error}; declare another type"
        ) from error
    return Column.from_arrow(array)


def _described(batch: Batch) -> str:
    if batch.names is None:
        return "one column of single values"
    return f"a table of the columns {', '.join(batch.names)}"
