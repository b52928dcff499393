"""Rows that are combined before they travel, as long as that makes them fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette._native.combining import BatchCombiner

if TYPE_CHECKING:
    from flinkette._native.batch import Batch
    from flinkette.plan.combining import Combination

__all__ = ["Combining"]

WORTH = 2
"""Rows must become so many times fewer."""
PAUSE = 64
"""Batches that pass as they are after one that was not worth it."""


class Combining:
    """Combines the rows of one sender on one edge. Slot thread only.

    Parameters
    ----------
    combination
        What the windows at the other end allow.
    """

    def __init__(self, combination: Combination) -> None:
        names, kinds = zip(*combination.fields, strict=True)
        self._native = BatchCombiner(combination.unit_ms, combination.offset_ms, names, kinds)
        self._pause = 0

    def combine(self, batch: Batch) -> Batch:
        """Return the batch with fewer rows, or as it is."""
        if self._pause:
            self._pause -= 1
            return batch
        made = self._native.combine(batch)
        if made is None or made.num_rows * WORTH > batch.num_rows:
            self._pause = PAUSE
        return batch if made is None else made
