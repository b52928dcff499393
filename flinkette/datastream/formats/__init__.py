"""Formats under PyFlink's names; the classes live in `flinkette.formats`."""

from __future__ import annotations

__all__: list[str] = []
