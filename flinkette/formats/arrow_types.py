"""Declared types as Arrow types, and rows of Python values as Arrow columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.errors import InvalidTypeError, RowConversionError
from flinkette.formats.row_types import row_fields, type_spec_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow

    from flinkette._native.batch import Batch
    from flinkette.formats.row_types import TypeSpec

__all__ = [
    "SINGLE_NAME",
    "arrow_schema_of",
    "arrow_type",
    "columns_of",
    "record_batch_of",
    "record_batch_of_columns",
]

SINGLE_NAME = "f0"
"""Name of the column that rows of single values become, as PyFlink's tables call it."""


def arrow_type(spec: TypeSpec, what: str = "the column") -> pyarrow.DataType:
    """Return the Arrow type of a type specification.

    Parameters
    ----------
    spec
        As `TypeInformation.type_spec` returns it.
    what
        What the error message calls the place of the type.

    Raises
    ------
    InvalidTypeError
        If Arrow has no such type.
    """
    import pyarrow

    kind = spec[0]
    if kind in ("list", "array"):
        return pyarrow.list_(arrow_type(spec[1], what))
    if kind == "map":
        return pyarrow.map_(arrow_type(spec[1], what), arrow_type(spec[2], what))
    if kind == "row":
        return pyarrow.struct(
            [(name, arrow_type(field, what)) for name, field in zip(spec[1], spec[2], strict=True)]
        )
    make = {
        "boolean": pyarrow.bool_,
        "byte": pyarrow.int8,
        "short": pyarrow.int16,
        "int": pyarrow.int32,
        "long": pyarrow.int64,
        "float": pyarrow.float32,
        "double": pyarrow.float64,
        "string": pyarrow.string,
        "char": pyarrow.string,
        "bytes": pyarrow.binary,
        "date": pyarrow.date32,
        "time": lambda: pyarrow.time64("us"),
        "timestamp": lambda: pyarrow.timestamp("us"),
        "instant": lambda: pyarrow.timestamp("us", "UTC"),
        "decimal": lambda: pyarrow.decimal128(38, 18),
    }.get(kind)
    if make is None:
        raise InvalidTypeError(
            f"{what}: values of type {kind} have no column type; declare another type, such as "
            "Types.LONG(), Types.STRING() or Types.BIG_DEC()"
        )
    return make()


def arrow_schema_of(declared: Any) -> pyarrow.Schema | None:
    """Return the schema of files that hold rows of a declared type; None if a field is undeclared.

    Parameters
    ----------
    declared
        A pyarrow Schema, a type of rows or tuples, or a type of single values (one column ``f0``).
    """
    import pyarrow

    if declared is None or isinstance(declared, pyarrow.Schema):
        return declared
    fields = row_fields(declared)
    if fields is None:
        fields = ((SINGLE_NAME,), (type_spec_of(declared),))
    if ("pickled",) in fields[1]:
        return None
    return pyarrow.schema(
        [(name, arrow_type(spec, f"field {name!r}")) for name, spec in zip(*fields, strict=True)]
    )


def record_batch_of(
    batch: Batch, schema: pyarrow.Schema | None, target: str
) -> pyarrow.RecordBatch:
    """Return the rows of a batch as Arrow columns.

    Parameters
    ----------
    batch
        Rows, tuples, lists, dicts or single values; or columns.
    schema
        Wanted columns; None: as the rows are.
    target
        What error messages call the file written.

    Raises
    ------
    RowConversionError
        If a row does not fit the schema.
    """
    import pyarrow

    if batch.is_columnar:
        record_batch = record_batch_of_columns(batch)
        if schema is None or record_batch.schema.equals(schema):
            return record_batch
        return _cast(record_batch, schema, target)
    rows = batch.objects()
    names = None if schema is None else schema.names
    names, columns = columns_of(rows, names, target)
    arrays = []
    for index, (name, column) in enumerate(zip(names, columns, strict=True)):
        wanted = None if schema is None else schema.field(index).type
        try:
            arrays.append(pyarrow.array(column, wanted))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError) as error:
            row = _first_unfit(column, wanted)
            raise RowConversionError(
                f"{target}: field {name!r} of row {rows[row]!r:.200} does not fit "
                f"{'the type of the rows before it' if wanted is None else wanted}: {error}; "
                "declare the type of the stream, or give the sink a schema"
            ) from error
    return pyarrow.RecordBatch.from_arrays(arrays, names=list(names), schema=None)


def record_batch_of_columns(batch: Batch) -> pyarrow.RecordBatch:
    """Return the columns of a batch, sharing their memory; one without a name is ``f0``."""
    import pyarrow

    if batch.names is not None:
        return pyarrow.record_batch(batch)
    assert batch.columns is not None
    return pyarrow.RecordBatch.from_arrays([pyarrow.array(batch.columns[0])], [SINGLE_NAME])


def _first_unfit(column: Sequence[Any], wanted: pyarrow.DataType | None) -> int:
    import pyarrow

    for index, value in enumerate(column):  # only to word an error
        try:
            pyarrow.array([value], wanted)
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError):
            return index
    return 0


def columns_of(
    rows: list[Any], names: Sequence[str] | None, target: str
) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Turn rows into names and columns.

    Parameters
    ----------
    rows
        At least one row: Row, tuple, list, dict, or single values (one column ``f0``).
    names
        Wanted names; None: the rows' own, or ``f0``, ``f1`` and so on.
    target
        What error messages call the file written.

    Raises
    ------
    RowConversionError
        If rows have different lengths, or none of the wanted names.
    """
    kinds = set(map(type, rows))
    first = rows[0]
    if kinds <= {dict}:
        if names is None:
            names = list(dict.fromkeys(name for row in rows[:1000] for name in row))
        return names, [[row.get(name) for row in rows] for name in names]
    if not all(issubclass(kind, (tuple, list)) or kind.__name__ == "Row" for kind in kinds):
        return names or (SINGLE_NAME,), [rows]
    widths = set(map(len, rows))
    if len(widths) > 1 or (names is not None and widths != {len(names)}):
        wanted = len(first) if names is None else len(names)
        odd = next((row for row in rows if len(row) != wanted), first)
        raise RowConversionError(
            f"{target}: the row {odd!r:.200} has {len(odd)} fields, not {wanted}; "
            "give every row the same fields"
        )
    if names is None:
        own = getattr(first, "_fields", None)
        names = list(own) if own else [f"f{index}" for index in range(len(first))]
    return names, list(zip(*rows, strict=True))


def _cast(
    record_batch: pyarrow.RecordBatch, schema: pyarrow.Schema, target: str
) -> pyarrow.RecordBatch:
    import pyarrow

    missing = [name for name in schema.names if name not in record_batch.schema.names]
    if missing and len(schema.names) == record_batch.num_columns:
        record_batch = record_batch.rename_columns(schema.names)
    elif missing:
        raise RowConversionError(
            f"{target}: the rows have no field {missing[0]!r}; they have "
            f"{', '.join(record_batch.schema.names)}"
        )
    try:
        arrays = [record_batch.column(field.name).cast(field.type) for field in schema]
    except pyarrow.ArrowInvalid as error:
        raise RowConversionError(
            f"{target}: the rows do not fit the schema of the sink: {error}; change the schema"
        ) from error
    return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)
