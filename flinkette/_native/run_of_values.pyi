"""Cut, gather and join what stands beside the rows of a batch; for Cython callers only."""

__all__: list[str] = []
