"""Python rows as columns that give back the very same rows, values and types alike.

Contract 4: rows of an undeclared type become columns only where they leave the process.
"""

from __future__ import annotations

from typing import Any

from flinkette._native.column import Column

__all__ = ["TypedObjects", "type_objects"]

class TypedObjects:
    """Rows of exact plain types, as columns. Immutable.

    Attributes
    ----------
    row_kind : int
        How columns become rows, as in docs/spec/column_frames.md.
    names : tuple of str, or None
        Names of the columns; None for plain values.
    columns : list of Column
        A column per field.
    """

    row_kind: int
    names: tuple[str, ...] | None
    columns: list[Column]

def type_objects(rows: list[Any]) -> TypedObjects | None:
    """Make columns of rows: plain values, or exact tuples or Rows (inserts) of one shape.

    Plain are exact int (64 bits), float, bool, str (no surrogates), bytes, and None beside one of
    these. None if a row is anything else.
    """
