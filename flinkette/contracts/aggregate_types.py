"""Types of the results of built-in aggregates, as far as those of the rows are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts.type_classes import RowTypeInfo, TupleTypeInfo
from flinkette.contracts.typeinfo import Types

if TYPE_CHECKING:
    from flinkette.contracts.aggregate_spec import AggregateSpec
    from flinkette.contracts.aggregates import CombinedAggregate, WithFields, WithWindow
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["type_of_field", "type_of_results"]


def type_of_results(
    function: CombinedAggregate,
    fields: WithFields | WithWindow | None,
    rows: TypeInformation | None,
    key: TypeInformation | None,
) -> TypeInformation | None:
    """Return the type of what a window of built-in aggregates gives.

    Parameters
    ----------
    function : CombinedAggregate
        The aggregates.
    fields : WithFields, WithWindow or None
        What comes before their results.
    rows : TypeInformation or None
        Type of the rows; None if it is not declared.
    key : TypeInformation or None
        Type of the keys; None if it is not declared.

    Returns
    -------
    TypeInformation or None
        A type of rows, whose fields are pickled where nothing is known; of single values for a
        single aggregate. None if nothing is known of any aggregate, if two fields have one name,
        and for single values that may be None, which only fields of declared types can be.
    """
    if rows is None or rows.type_spec() == ("pickled",):
        return None
    results = [_type_of_result(spec, rows) for spec in function.specs]
    if not any(results):
        return None
    types = [Types.PICKLED_BYTE_ARRAY() if each is None else each for each in results]
    names = [spec.name for spec in function.specs]
    if fields is None and not function.is_row:
        return None if function.specs[0].may_be_none else results[0]
    if fields is None:
        return Types.ROW_NAMED(names, types)
    if fields.result_name is not None:
        names = [fields.result_name]
    if fields.has_window:
        names = ["window_start", "window_end", *names]
        types = [Types.LONG(), Types.LONG(), *types]
    if fields.has_key:
        names.insert(0, "key")
        types.insert(0, Types.PICKLED_BYTE_ARRAY() if key is None else key)
    return Types.ROW_NAMED(names, types) if len(set(names)) == len(names) else None


def type_of_field(rows: TypeInformation | None, field: int | str | None) -> TypeInformation | None:
    """Return the declared type of a field of a row, or of the row; None if there is none.

    Parameters
    ----------
    rows : TypeInformation or None
        Type of the rows.
    field : int, str or None
        Position or name; None for the row itself.
    """
    if rows is None or field is None:
        return rows
    if isinstance(rows, RowTypeInfo):
        names = rows.get_field_names()
        if isinstance(field, str):
            return rows.get_field_types()[names.index(field)] if field in names else None
    elif not isinstance(rows, TupleTypeInfo):
        return None
    types = rows.get_field_types()
    is_place = isinstance(field, int) and 0 <= field < len(types)
    return types[field] if is_place and isinstance(field, int) else None


def _type_of_result(spec: AggregateSpec, rows: TypeInformation | None) -> TypeInformation | None:
    """Return the type of an aggregate's results where both operators hold to it."""
    read = rows if spec.reads_row else type_of_field(rows, spec.field)
    if read is None or spec.native_definition(read.type_spec()) is None:
        return None
    return spec.result_type(read)
