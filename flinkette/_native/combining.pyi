"""Rows of one key in one slice as one row: what windows of sums need is less than all rows."""

from __future__ import annotations

from collections.abc import Sequence

from flinkette._native.batch import Batch

__all__ = ["KINDS", "BatchCombiner"]

KINDS: tuple[str, ...]
"""Names of the aggregates whose partial results are values of the same column."""

class BatchCombiner:
    """Combines the rows of batches until a watermark closes their slice. Slot thread only.

    Rows that go have the time of the first row they are made of, and its values in the columns
    that are not aggregated. The GIL is released.

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
    @property
    def held(self) -> int:
        """How many combined rows wait."""

    def add(self, batch: Batch) -> Batch | None:
        """Take a batch; return rows that go now with the batch's watermarks among them, or None.

        Raises
        ------
        ValueError
            If `accepts` says no.
        """

    def accepts(self, batch: Batch) -> bool:
        """Tell whether keys and aggregated columns are int64 without nulls, and all times known.

        Rows that wait must also be of the batch's types: a batch of others has to come after them.
        """

    def advance(self, watermark_ms: int) -> Batch | None:
        """Learn of a watermark; return the rows that have to go before it, or None."""

    def release(self) -> Batch | None:
        """Return all rows that wait, or None."""
