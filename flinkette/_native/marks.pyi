"""Watermarks inside a batch, so that a batch need not be cut where the watermark moves.

rows    0  1  2  3  4  5            stops [3, 6], times [t1, t2]:
                 |        |         t1 comes after row 2 and before row 3,
                 t1       t2        t2 after the last row
"""

from flinkette._native.buffer import Int64Buffer, Uint32Buffer

class Marks:
    """Where watermarks stand between the rows of a batch. Immutable; stops and times ascend.

    Parameters
    ----------
    stops
        Number of rows before each watermark, 0 .. number of rows.
    times
        The watermarks in ms.
    """

    stops: Int64Buffer
    times: Int64Buffer
    def __init__(self, stops: Int64Buffer, times: Int64Buffer) -> None: ...
    @property
    def last_time(self) -> int:
        """The watermark after the whole batch."""
    def __len__(self) -> int: ...
    def after_take(self, rows: Uint32Buffer) -> Marks:
        """Marks among the rows that `Batch.take(rows)` keeps; `rows` ascend."""
    def in_rows(self, start: int, stop: int) -> Marks | None:
        """Marks of rows start to stop - 1 when a batch is cut there; None if there is none.

        A mark belongs to the row before it, one before all rows to the first.
        """
    def clipped(self, limit: int, announced: int) -> Marks | None:
        """Marks that still say something when no watermark may pass `limit`.

        None when all of them are at or before `announced`.
        """

def mark_crossings(
    times: Int64Buffer, running_max: int, interval_ms: int, bound_ms: int
) -> tuple[Marks | None, int]:
    """Marks where the running maximum enters a later multiple of `interval_ms` (>= 1).

    The watermark there is the maximum - `bound_ms` - 1. Returns the marks, or None, and the
    maximum at the end.
    """
