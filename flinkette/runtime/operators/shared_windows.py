"""Several windows on one stream as one operator, each with an output of its own."""

from __future__ import annotations

from flinkette.exchange.element import Watermark
from flinkette.runtime.operator import DONE
from flinkette.runtime.operators.slice_window import SliceWindowOperator
from flinkette.runtime.ports import Port

__all__ = ["SharedWindowsOperator"]


class SharedWindowsOperator(SliceWindowOperator):
    """Windows of built-in aggregates that share slices; port i is that of window i."""

    def step(self, deadline_ns: int) -> None:
        native = self._native
        status = native.run(deadline_ns, self._max_rows)
        watermarks: list[int | None] = []
        for index, window in enumerate(self._plan.windows):
            # late rows first: the marks of the results are announced to their readers after them
            late = native.take_late(index)
            if late is not None:
                self.outbox.append((Port(index, window.late_tag), late))
            batch = native.take_results(index)
            if batch is not None:
                self.rows_out += batch.num_rows
                self.outbox.append((Port(index), batch))
            watermarks.append(native.take_watermark_of(index))
        native.clear_late()
        self._emit_watermarks(watermarks)
        if status == DONE:
            self.finish_work()

    def _emit_watermarks(self, watermarks: list[int | None]) -> None:
        """Send each port its watermark; one element serves them all if it is the same."""
        first = watermarks[0]
        if watermarks.count(first) == len(watermarks):
            if first is not None:
                self.emit(Watermark(first))
            return
        for index, watermark_ms in enumerate(watermarks):
            if watermark_ms is not None:
                self.outbox.append((Port(index), Watermark(watermark_ms)))
