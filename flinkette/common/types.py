"""Rows and the kinds of change they stand for."""

from __future__ import annotations

from flinkette.contracts.row import Row, RowKind

__all__ = ["Row", "RowKind"]
