"""Python objects to columns, typed by what the objects are; for Cython callers only."""

__all__: list[str] = []
