"""Rows of a result as Arrow record batches: columns as they are, objects as typed columns."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette._native.fields import field_values
from flinkette._native.row import Row
from flinkette._native.values import ConversionError
from flinkette.contracts.errors import RowConversionError
from flinkette.formats.arrow_types import SINGLE_NAME, record_batch_of_columns
from flinkette.formats.row_types import is_typed, type_spec_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow

    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.formats.row_types import TypeSpec

__all__ = ["ResultBatches", "joined_table"]

HOW_TO_DECLARE = "declare the type of the stream with output_type=Types..."


class ResultBatches:
    """Makes record batches of the batches of one result. Not thread safe.

    Parameters
    ----------
    declared
        Type of the rows; None for undeclared objects, whose columns are typed by what they hold.
    """

    def __init__(self, declared: TypeInformation | None) -> None:
        spec = None if declared is None else type_spec_of(declared)
        self._spec = spec if spec is not None and is_typed(spec) else None
        self._fields = _field_specs(spec)
        self._names = tuple(self._fields) or None  # once known

    def empty(self) -> pyarrow.RecordBatch:
        """Return a record batch without rows: of the declared columns, or of none."""
        import pyarrow

        if self._spec is not None:
            return record_batch_of_columns(Batch.from_rows([], self._spec))
        columns = {name: _empty_array(spec) for name, spec in self._fields.items()}
        return pyarrow.record_batch(columns)

    def convert(self, batch: Batch, first_row: int) -> pyarrow.RecordBatch:
        """Return the rows as columns; those of columns share their memory.

        Parameters
        ----------
        batch
            Rows; their kinds, times and keys are left out.
        first_row
            Number of its first row in the result, for error messages.

        Raises
        ------
        RowConversionError
            If a value does not fit the declared type, or the values before it; names the row.
        """
        import pyarrow

        if batch.is_columnar:
            return record_batch_of_columns(batch)
        rows = batch.objects()
        if self._spec is not None:
            try:
                return record_batch_of_columns(Batch.from_rows(rows, self._spec))
            except ConversionError as error:
                raise _unfit_declared(error, first_row) from error
        if self._names is None:
            self._names = _names_of(rows)
        arrays = {}
        for name, values in _columns_of(rows, self._names, first_row).items():
            try:
                arrays[name] = _typed(values, self._fields.get(name), name, first_row)
            except ConversionError as error:
                raise _unfit_declared(error, first_row, name) from error
        if arrays:
            return pyarrow.record_batch(arrays)
        return pyarrow.RecordBatch.from_struct_array(pyarrow.array([{}] * len(rows)))


def joined_table(batches: list[pyarrow.RecordBatch]) -> pyarrow.Table:
    """Return a table of all batches (at least one), whose columns are wide enough for each.

    Raises
    ------
    RowConversionError
        If a batch's column is of another kind than that of the batches before; names the row.
    """
    import pyarrow

    schema = batches[0].schema
    if all(batch.schema.equals(schema) for batch in batches):
        return pyarrow.Table.from_batches(batches, schema)
    start = 0
    for batch in batches:
        schema = unified(schema, batch, start)
        start += batch.num_rows
    return pyarrow.concat_tables(
        [pyarrow.Table.from_batches([batch]) for batch in batches], promote_options="permissive"
    )


def unified(schema: pyarrow.Schema, batch: pyarrow.RecordBatch, first_row: int) -> pyarrow.Schema:
    """Return a schema for what has `schema` and for a further batch, or refuse the batch."""
    import pyarrow

    if batch.schema.equals(schema):
        return schema
    try:
        return pyarrow.unify_schemas([schema, batch.schema], promote_options="permissive")
    except pyarrow.ArrowException as error:
        raise _unfit_batch(schema, batch, first_row) from error


def cast_batch(
    batch: pyarrow.RecordBatch, schema: pyarrow.Schema, first_row: int
) -> pyarrow.RecordBatch:
    """Return a batch in the schema of the batches handed out before it, or refuse it."""
    import pyarrow

    if batch.schema.equals(schema):
        return batch
    if unified(schema, batch, first_row).types != schema.types:
        raise _unfit_batch(schema, batch, first_row)
    missing = pyarrow.nulls(batch.num_rows)
    arrays = [
        (batch.column(field.name) if field.name in batch.schema.names else missing).cast(field.type)
        for field in schema
    ]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)


def _field_specs(spec: TypeSpec | None) -> dict[str, TypeSpec | None]:
    """Return the types of the fields of a row by name; None for those that say nothing."""
    if spec is None or spec[0] not in ("row", "tuple"):
        return {}
    specs = spec[2] if spec[0] == "row" else spec[1]
    names = (spec[1] if spec[0] == "row" else None) or numbered(len(specs))
    known = [field if is_typed(field) else None for field in specs]
    return dict(zip(names, known, strict=True))


def _empty_array(spec: TypeSpec | None) -> pyarrow.Array:
    import pyarrow

    return pyarrow.nulls(0) if spec is None else pyarrow.array(Column.from_objects_typed([], spec))


def _names_of(rows: list[Any]) -> tuple[str, ...] | None:
    """Return the names of the fields of undeclared rows; None for dicts, and while all are None."""
    first = next((row for row in rows if row is not None), None)
    if isinstance(first, (Row, tuple)):
        return own_names(first) or numbered(len(first))
    return None if first is None or type(first) is dict else (SINGLE_NAME,)


def _columns_of(
    rows: list[Any], names: tuple[str, ...] | None, first_row: int
) -> dict[str, list[Any]]:
    """Return the fields of rows of any kind by name: Row, tuple, dict; else single values."""
    kinds = set(map(type, rows))
    if dict in kinds and names != (SINGLE_NAME,):
        odd = next((at for at, row in enumerate(rows) if type(row) is not dict), None)
        if odd is not None:
            raise _odd_row(rows[odd], first_row + odd, "keys")
        if names is None:
            names = tuple(dict.fromkeys(name for row in rows for name in row))
        return {str(name): [row.get(name) for row in rows] for name in names}
    if names is None or (names == (SINGLE_NAME,) and not kinds & {Row, tuple}):
        return {SINGLE_NAME: rows}
    if kinds == {Row} and set(map(len, rows)) == {len(names)}:
        places: Sequence[int | str] = names if own_names(rows[0]) else range(len(names))
        with contextlib.suppress(AttributeError, ValueError):  # other names: an error below
            return {
                name: field_values(rows, place) for name, place in zip(names, places, strict=True)
            }
    if kinds != {tuple} or set(map(len, rows)) != {len(names)}:
        rows = [_members(row, names, first_row + at) for at, row in enumerate(rows)]
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def numbered(count: int) -> tuple[str, ...]:
    """Return the names of fields that have none: f0, f1, …."""
    return tuple(f"f{index}" for index in range(count))


def own_names(row: Any) -> tuple[str, ...] | None:
    """Return the names of the fields of a Row or named tuple."""
    fields: Sequence[str] | None = getattr(row, "_fields", None)
    return None if fields is None else tuple(fields)


def _members(row: Any, names: tuple[str, ...], number: int) -> Any:
    """Return the fields of a row in the order of `names`: by name if it has names."""
    if isinstance(row, (Row, tuple)) and len(row) == len(names):
        own = own_names(row)
        if own is None or own == names:
            return row
        if set(own) == set(names):
            return [row[own.index(name)] for name in names]
    raise _odd_row(row, number, ", ".join(names))


def _odd_row(row: Any, number: int, fields: str) -> RowConversionError:
    return RowConversionError(
        f"row {number} of the result, {row!r:.200}, does not have the fields of the rows before it "
        f"({fields}), so the rows make no table; give every row the same fields"
    )


def _typed(values: list[Any], spec: TypeSpec | None, name: str, first_row: int) -> pyarrow.Array:
    """Return one column: of the declared type, or of the type that its values show."""
    import pyarrow

    if spec is not None:
        return pyarrow.array(Column.from_objects_typed(values, spec))
    exact = Column.from_objects(values)
    if exact is not None:
        return pyarrow.array(exact)
    if any(isinstance(value, Row) for value in values):
        values = [value.as_dict() if isinstance(value, Row) else value for value in values]
    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowException, OverflowError) as error:
        fits, fails = 0, len(values)
        while fails - fits > 1:
            middle = (fits + fails) // 2
            fits, fails = (middle, fails) if _has_type(values[:middle]) else (fits, middle)
        raise _unfit(first_row + fits, name, values[fits], f"{error}") from error


def _has_type(values: list[Any]) -> bool:
    import pyarrow

    try:
        pyarrow.array(values)
    except (pyarrow.ArrowException, OverflowError):
        return False
    return True


def _unfit(row: int, name: str, value: Any, why: str) -> RowConversionError:
    return RowConversionError(
        f"row {row} of the result: field {name!r} is {value!r:.200} ({type(value).__qualname__}), "
        f"which is no value of a column{' such as the rows before it make' if row else ''}: {why}; "
        f"{HOW_TO_DECLARE}, or give every row values of one type"
    )


def _unfit_batch(
    schema: pyarrow.Schema, batch: pyarrow.RecordBatch, first_row: int
) -> RowConversionError:
    """Name the first row of a batch whose columns do not go with those before."""
    import pyarrow

    for field in batch.schema:
        at = schema.get_field_index(field.name)
        wanted = None if at < 0 else schema.field(at).type
        if wanted is None:
            return RowConversionError(
                f"row {first_row} of the result has a field {field.name!r}, which the rows before "
                f"it do not have ({', '.join(schema.names)}); give every row the same fields"
            )
        single = pyarrow.schema([(field.name, wanted)])
        one = pyarrow.schema([field])
        try:
            merged = pyarrow.unify_schemas([single, one], promote_options="permissive")
        except pyarrow.ArrowException:
            merged = None
        if merged is None or merged.types != single.types:
            values = batch.column(field.name)
            row = next((at for at, value in enumerate(values) if value.is_valid), 0)
            why = f"{field.type} and not {wanted}"
            return _unfit(first_row + row, field.name, values[row].as_py(), why)
    return RowConversionError(
        f"row {first_row} of the result begins a batch of {batch.schema.names}, the rows before it "
        f"have {schema.names}; give every row the same fields"
    )


def _unfit_declared(error: Any, first_row: int, name: str = "") -> RowConversionError:
    """Count the row of a conversion error from the first row of the result on."""
    row, _, inside = error.path.partition(", ")
    path = ", ".join(part for part in (f"field {name!r}" if name else "", inside) if part)
    number = first_row + int(row.removeprefix("row "))
    return RowConversionError(
        f"row {number} of the result{': ' + path if path else ''}: {error.value!r:.200} does not "
        f"fit the declared {error.declared}: {error.reason}; return values of that type, or "
        "declare another output_type"
    )
