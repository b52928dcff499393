"""Batches in memory that its lender wants back: that of a ring, until `step` returns.

Whoever hands such a batch to user code, or keeps it in state or anywhere else beyond the element in
work, keeps `retain(batch)` instead: a ring whose batches are kept stands still.
"""

from __future__ import annotations

from flinkette._native.batch import Batch

__all__ = ["retain"]

def retain(batch: Batch) -> Batch:
    """Return the same rows in memory that may be kept: the batch itself unless it is lent."""
