"""Which interval joins run as columns: those that only put fields of both rows side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette.contracts.join_functions import JoinedFields
from flinkette.graph.operators import IntervalJoinDescription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.graph.transformations import Transformation
    from flinkette.plan.slices import TypeSpec

__all__ = ["JoinedColumns", "SideColumns", "plan_joined_columns"]


@dataclass(frozen=True)
class SideColumns:
    """What of the rows of one side goes into the results."""

    spec: TypeSpec
    """Declared type of the rows."""
    fields: tuple[int, ...]
    """Positions of the fields, in the order of the results."""
    kept_spec: TypeSpec
    """Type of those fields as a tuple."""


@dataclass(frozen=True)
class JoinedColumns:
    """How columns of both sides become those of the results."""

    sides: tuple[SideColumns, SideColumns]
    names: tuple[str, ...] | None
    """Fields of the result rows; None: they are tuples."""


def plan_joined_columns(node: Transformation) -> JoinedColumns | str:
    """Plan an interval join over columns, or say why its function has to be called.

    Parameters
    ----------
    node : Transformation
        An interval join.

    Returns
    -------
    JoinedColumns or str
        The plan, or the reason against it.
    """
    description = node.operator
    if not isinstance(description, IntervalJoinDescription):
        return "it is no interval join"
    func = description.func
    if type(func) is not JoinedFields:
        return "its function is not JoinedFields"
    if node.output_type is not None:
        return "its results have a declared type of their own"
    sides: list[SideColumns] = []
    names: list[str] = []
    is_named = True
    for index, wanted in enumerate((func.left, func.right)):
        spec = _declared(node, index)
        if spec is None:
            return f"the {('left', 'right')[index]} rows are not of a declared row or tuple type"
        specs: Sequence[Any] = spec[-1]
        known = list(spec[1]) if spec[0] == "row" else []
        fields = tuple(range(len(specs))) if wanted is None else _positions(wanted, known, specs)
        if fields is None:
            return f"not all of the fields {wanted!r} are there"
        is_named = is_named and spec[0] == "row"
        names += [known[field] for field in fields] if known else []
        kept = ("tuple", tuple(specs[field] for field in fields))
        sides.append(SideColumns(spec, fields, kept))
    if is_named and len(set(names)) < len(names):
        return "two fields of the results have one name"
    if not sides[0].fields or not sides[1].fields:
        return "its results have no fields of one side"
    return JoinedColumns((sides[0], sides[1]), tuple(names) if is_named else None)


def _declared(node: Transformation, index: int) -> TypeSpec | None:
    """Return the row or tuple type of an input that is columns all through; else None."""
    specs: set[TypeSpec | None] = set()
    for edge in node.inputs:
        if edge.input_index == index:
            # the type of a side output is its tag's, which need not hold
            declared = edge.source.output_type if edge.tag is None else None
            specs.add(None if declared is None else declared.type_spec())
    spec = specs.pop()
    if specs or spec is None or spec[0] not in ("row", "tuple") or _has_pickled(spec):
        return None
    return spec


def _has_pickled(spec: Any) -> bool:
    return spec == ("pickled",) or (
        isinstance(spec, tuple) and any(_has_pickled(part) for part in spec)
    )


def _positions(
    wanted: Sequence[int | str], names: list[str], specs: Sequence[Any]
) -> tuple[int, ...] | None:
    """Return where fields are; None if one is not there, or there twice."""
    found = []
    for field in wanted:
        if isinstance(field, int) and 0 <= field < len(specs):
            found.append(field)
        elif isinstance(field, str) and names.count(field) == 1:
            found.append(names.index(field))
        else:
            return None
    return tuple(found)
