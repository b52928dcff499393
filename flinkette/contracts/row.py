"""Rows and the kinds of change they stand for."""

from __future__ import annotations

from enum import Enum

from flinkette._native.row import Row, register_row_kinds

__all__ = ["Row", "RowKind"]


class RowKind(Enum):
    """The kind of change a row stands for in a stream of changes.

    The text of a kind is its short form: ``str(RowKind.UPDATE_BEFORE)`` is ``-U``.
    """

    INSERT = 0
    """A new row."""
    UPDATE_BEFORE = 1
    """The old content of a row that changes; an UPDATE_AFTER follows."""
    UPDATE_AFTER = 2
    """The new content of a row that changed."""
    DELETE = 3
    """A row that is gone."""

    def __str__(self) -> str:
        return ("+I", "-U", "+U", "-D")[self.value]


register_row_kinds(tuple(RowKind))
