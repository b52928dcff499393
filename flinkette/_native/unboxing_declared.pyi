"""Python objects to columns of a declared type; for Cython callers only."""

__all__: list[str] = []
