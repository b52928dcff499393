"""The Arrow PyCapsule interface, both ways; for Cython callers only."""

__all__: list[str] = []
