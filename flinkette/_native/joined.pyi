"""Batches behind each other as one: rows of a stream that travel together."""

from __future__ import annotations

from flinkette._native.batch import Batch
from flinkette._native.marks import Marks

__all__ = ["can_join", "join"]

def can_join(left: Batch, right: Batch) -> bool:
    """Tell whether two batches hold their rows and what is beside them in the same form.

    Columns with a dictionary are never joined: the dictionaries would have to be, too.
    """

def join(batches: list[Batch], marks: list[tuple[int, Marks]]) -> Batch:
    """Return the rows of batches that `can_join` as one batch, copied; one alone stays as it is.

    Keys or event times that are a value column in each of them are that column again.

    Parameters
    ----------
    batches
        One at least; their own marks are left out.
    marks
        Watermarks, in order, with the row that their stops count from; one that says nothing new
        is left out.
    """
