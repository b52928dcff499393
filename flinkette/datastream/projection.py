"""The type of a projection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.datastream.checks import invalid_argument, require_int

if TYPE_CHECKING:
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["projected_type"]


def projected_type(
    input_type: TypeInformation | None, field_indexes: tuple[int, ...]
) -> TypeInformation | None:
    """Return the tuple type of the chosen fields; None if the rows have no declared type."""
    from flinkette.contracts.typeinfo import Types

    if not field_indexes:
        raise invalid_argument("project() needs at least one field position, such as project(0)")
    for index in field_indexes:
        require_int("project", "a field position", index, least=0)
    if input_type is None:
        return None
    spec = input_type.type_spec()
    if spec[0] != "tuple":
        raise invalid_argument(
            f"project() works on streams of tuples, got {input_type}; use map() instead"
        )
    field_types = input_type.get_field_types()  # type: ignore[attr-defined]
    if max(field_indexes) >= len(field_types):
        raise invalid_argument(
            f"project(): field {max(field_indexes)} is out of range; {input_type} has "
            f"{len(field_types)} fields, counted from 0"
        )
    return Types.TUPLE([field_types[index] for index in field_indexes])
