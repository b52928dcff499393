"""How many rows a source is asked for at once: no more than it reads in the flush time."""

from __future__ import annotations

__all__ = ["PollSize"]

FIRST_ROWS = 1024
"""What a reader is asked for that nobody knows yet; a fast one is at the full size soon."""
GROWTH = 4


class PollSize:
    """Grows while polls take less than half the time there is, and shrinks when they take more.

    Parameters
    ----------
    most_rows : int
        The largest number of rows of a batch (>= 1).
    time_ns : int, optional
        How long the first row of a batch may wait for the last; None: for as long as it takes.
    """

    def __init__(self, most_rows: int, time_ns: int | None) -> None:
        self._most_rows = most_rows
        self._time_ns = time_ns
        self.rows = most_rows if time_ns is None else min(most_rows, FIRST_ROWS)
        """What to ask for."""

    def on_poll(self, num_rows: int, took_ns: int) -> None:
        """Learn from a poll that gave `num_rows` (>= 1) rows."""
        if self._time_ns is None:
            return
        if took_ns > self._time_ns:
            self.rows = max(1, num_rows * self._time_ns // took_ns)
        elif 2 * took_ns < self._time_ns and num_rows >= self.rows:
            self.rows = min(self._most_rows, self.rows * GROWTH)
