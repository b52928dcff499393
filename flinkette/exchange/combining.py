"""Rows that are combined before they travel, as long as that makes them fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette._native.combining import BatchCombiner
from flinkette.exchange.element import Watermark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.exchange.element import Element
    from flinkette.plan.combining import Combination

__all__ = ["Combining"]

WORTH = 2
"""Rows must become so many times fewer."""
TRIAL_ROWS = 1 << 16
"""So many rows tell whether they do."""
PAUSE = 64
"""Batches that pass as they are after a trial that failed; twice as many after each further one."""
LONGEST_PAUSE = 1 << 14


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
        self._rows_in = 0
        self._rows_out = 0
        self._pause = PAUSE
        self._left = 0  # batches of the pause

    def add(self, element: Element) -> Sequence[Element]:
        """Take the next element of the edge; return what travels now, in order.

        Rows wait until a watermark closes their slice. All else that is no batch, such as the end
        of the input or that the sender falls idle, goes behind them.
        """
        if isinstance(element, Batch):
            return self._add_batch(element)
        if isinstance(element, Watermark):
            closed = self._native.advance(element.time_ms)
        else:
            closed = self._native.release()
        return (element,) if closed is None else (self._counted(closed), element)

    def _add_batch(self, batch: Batch) -> Sequence[Element]:
        native = self._native
        if self._left:
            self._left -= 1
            if batch.marks is not None:
                native.advance(batch.marks.last_time)
            return (batch,)
        if not native.accepts(batch):
            held = native.release()
            if batch.marks is not None:
                native.advance(batch.marks.last_time)
            return (batch,) if held is None else (self._counted(held), batch)
        made = native.add(batch)
        self._rows_in += batch.num_rows
        going: list[Element] = []
        if made is not None:
            going.append(self._counted(made))
        elif batch.marks is not None:
            going.append(Watermark(batch.marks.last_time))
        if self._rows_in >= TRIAL_ROWS:
            self._judge(going)
        return going

    def _judge(self, going: list[Element]) -> None:
        """Pause, and let go what waits, if rows do not become fewer."""
        if (self._rows_out + self._native.held) * WORTH <= self._rows_in:
            self._pause = PAUSE
        else:
            held = self._native.release()
            if held is not None:
                going.append(held)
            self._left = self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._rows_in = self._rows_out = 0

    def _counted(self, batch: Batch) -> Batch:
        self._rows_out += batch.num_rows
        return batch
