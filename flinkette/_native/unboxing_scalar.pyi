"""Python objects to columns of declared types without children; for Cython callers only."""

__all__: list[str] = []
