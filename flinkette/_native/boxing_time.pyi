"""Date, time, timestamp and duration columns to Python objects; for Cython callers only."""

__all__: list[str] = []
