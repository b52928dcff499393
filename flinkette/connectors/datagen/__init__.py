"""Rows made up on the spot: `source` for the source, `fields` for what a field can hold."""

from __future__ import annotations

__all__: list[str] = []
