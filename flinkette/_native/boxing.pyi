"""Columns to Python objects, one loop per type; for Cython callers only."""

__all__: list[str] = []
