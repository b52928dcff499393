"""Rows of one key in one slice as one row: what windows of sums need is less than all rows."""

from __future__ import annotations

from collections.abc import Sequence

from flinkette._native.batch import Batch

__all__ = ["KINDS", "BatchCombiner"]

KINDS: tuple[str, ...]
"""Names of the aggregates whose partial results are values of the same column."""

class BatchCombiner:
    """Combines the rows of batches, each batch by itself. Slot thread only.

    Parameters
    ----------
    unit_ms, offset_ms
        Slices begin at `offset_ms` and every `unit_ms`.
    fields
        Aggregated columns, by position or name.
    kinds
        For each of them one of `KINDS`.

    Raises
    ------
    ValueError
        If there is another kind, or no slice.
    """

    def __init__(
        self, unit_ms: int, offset_ms: int, fields: Sequence[int | str], kinds: Sequence[str]
    ) -> None: ...
    def combine(self, batch: Batch) -> Batch | None:
        """Return fewer rows, each in the place of its first one, with the watermarks among them.

        Columns that are not aggregated have the values of the first row. The GIL is released.

        Returns
        -------
        Batch or None
            None if keys or aggregated columns are not int64 without nulls, or a time is missing.
        """
