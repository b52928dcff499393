"""The one translation from a kernel's status to a Python exception; for Cython callers only."""

__all__: list[str] = []
