"""Rows that wait a moment for others before they are split over many receivers.

A part of a batch costs its sender and its receiver some 100 us, however few rows it has. So a
writer gathers small batches before it splits them; `FlushRule` says for how long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.joined import can_join, join
from flinkette._native.lent import retain
from flinkette._native.marks import Marks
from flinkette.exchange.element import MAX_WATERMARK_MS, Watermark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flinkette.exchange.element import Element

__all__ = ["FlushRule", "Gathering"]

PART_ROWS = 2048
"""A part of so many rows is worth its cost."""
IDLE_NS_PER_RECEIVER = 500_000
BUSY_NS_PER_RECEIVER = 2_000_000


@dataclass(frozen=True)
class FlushRule:
    """When rows that wait are handed on. Pure: it is told the time.

    Parameters
    ----------
    max_rows
        Rows that wait are never more.
    full_rows
        So many rows need not wait for more.
    timeout_ns
        No row waits longer; None: until the batch is full.
    idle_ns, busy_ns
        A worker with nothing else to do hands rows on at once if that was not done for `idle_ns`:
        a slow stream is not delayed, a fast one gathers. One that is busy does after `busy_ns`.
    """

    max_rows: int
    full_rows: int
    timeout_ns: int | None
    idle_ns: int = 0
    busy_ns: int | None = None

    @classmethod
    def of_edge(
        cls, batch_rows: int, timeout_ns: int | None, receivers: int, *, leaves_worker: bool
    ) -> FlushRule:
        """Make the rule of an edge.

        Parameters
        ----------
        batch_rows
            Largest number of rows worked on at once.
        timeout_ns
            As above.
        receivers
            How many receivers its rows are split over.
        leaves_worker
            Whether some of them are in other workers: handing on wakes these, and takes at most a
            tenth of a busy core. Where all are in this one, whoever is idle hands rows on at once.
        """
        full_rows = min(receivers * PART_ROWS, -(-batch_rows * 3 // 4))
        if not leaves_worker:
            return cls(batch_rows, full_rows, timeout_ns)
        pauses = receivers * IDLE_NS_PER_RECEIVER, receivers * BUSY_NS_PER_RECEIVER
        return cls(batch_rows, full_rows, timeout_ns, *pauses)

    def is_full(self, rows: int) -> bool:
        """Tell whether so many rows need not wait for more."""
        return rows >= self.full_rows or self.timeout_ns == 0

    def due_ns(self, since_ns: int, last_ns: int, *, is_idle: bool) -> int | None:
        """Return the time from which on rows are handed on, or None.

        Parameters
        ----------
        since_ns
            Since when the first of them waits.
        last_ns
            When rows were handed on last.
        is_idle
            Whether the worker has nothing else to do.
        """
        if self.timeout_ns is None:
            return None
        latest_ns = since_ns + self.timeout_ns
        if is_idle:
            return min(latest_ns, max(since_ns, last_ns + self.idle_ns))
        return latest_ns if self.busy_ns is None else min(latest_ns, since_ns + self.busy_ns)


class Gathering:
    """The rows of one edge that wait, and the watermarks that follow them.

    Parameters
    ----------
    rule
        How long they wait.
    clock_ns
        Tells the time.
    """

    def __init__(self, rule: FlushRule, clock_ns: Callable[[], int]) -> None:
        self._rule = rule
        self._clock_ns = clock_ns
        self._batches: list[Batch] = []
        self._marks: list[tuple[int, Marks]] = []
        self._rows = 0
        self._since_ns = 0
        self._last_ns = -(2**62)

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._batches or self._marks)

    def add(self, element: Element) -> Sequence[Element]:
        """Take the next element of the edge; return what goes to the receivers now, in order."""
        if isinstance(element, Batch):
            return self._add_batch(element)
        if isinstance(element, Watermark) and self._may_wait(element):
            mark = Marks(Int64Buffer.of([0]), Int64Buffer.of([element.time_ms]))
            if not self:
                self._since_ns = self._clock_ns()
            if self._batches or not self._marks:
                self._marks.append((self._rows, mark))
            elif element.time_ms > self._marks[0][1].last_time:
                self._marks[0] = (0, mark)
            return ()
        return (self.take(), element) if self else (element,)

    def take(self) -> Element:
        """Remove and return what waits, as one batch or watermark. Only if there is something."""
        if self._batches:
            taken: Element = join(self._batches, self._marks)
        else:
            taken = Watermark(self._marks[0][1].last_time)
        self._batches, self._marks, self._rows = [], [], 0
        self._last_ns = self._clock_ns()
        return taken

    def is_due(self, *, is_idle: bool) -> bool:
        """Tell whether what waits has waited long enough."""
        due_ns = self.due_ns(is_idle=is_idle)
        return due_ns is not None and due_ns <= self._clock_ns()

    def due_ns(self, *, is_idle: bool) -> int | None:
        """Return when `is_due` becomes True if nothing comes; None: then never."""
        if not self:
            return None
        return self._rule.due_ns(self._since_ns, self._last_ns, is_idle=is_idle)

    def _add_batch(self, batch: Batch) -> Sequence[Element]:
        rule = self._rule
        if not self._batches:
            if rule.is_full(batch.num_rows):
                return (self.take(), batch) if self else (batch,)
            self._keep(batch)
            return ()
        if self._rows + batch.num_rows > rule.max_rows or not can_join(self._batches[0], batch):
            return self.take(), *self._add_batch(batch)
        self._keep(batch)
        return (self.take(),) if rule.is_full(self._rows) else ()

    def _may_wait(self, watermark: Watermark) -> bool:
        """Tell whether a watermark waits: for the rows before it, or since it would wake others.

        The last one is news by itself: operators of a BATCH job give their results then.
        """
        if not self._rule.timeout_ns or watermark.time_ms == MAX_WATERMARK_MS:
            return False
        return bool(self._batches) or self._rule.busy_ns is not None

    def _keep(self, batch: Batch) -> None:
        if not self:
            self._since_ns = self._clock_ns()
        if batch.marks is not None:
            self._marks.append((self._rows, batch.marks))
        # a ring wants its memory back before the rows have gone on
        self._batches.append(retain(batch))
        self._rows += batch.num_rows
