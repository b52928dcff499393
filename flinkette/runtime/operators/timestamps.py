"""assign_timestamps_and_watermarks in the middle of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette.exchange.element import MAX_WATERMARK_MS, StatusChange, Watermark
from flinkette.runtime.operator import Operator
from flinkette.runtime.watermarks import WatermarkStage, has_deadlines

if TYPE_CHECKING:
    from flinkette.contracts.watermark_strategy import WatermarkStrategy
    from flinkette.exchange.element import Arrival
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["TimestampsOperator"]


class TimestampsOperator(Operator):
    """Replaces event times and watermarks; only the end of the stream's own passes through."""

    def __init__(self, info: OperatorInfo, strategy: WatermarkStrategy) -> None:
        super().__init__(info)
        self._strategy = strategy

    @property
    def is_timed(self) -> bool:
        return has_deadlines(self._strategy)

    @property
    def watermark_ms(self) -> int | None:
        """The watermark announced last, which takes the place of what came in."""
        return self._stage.watermark_ms

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        self._stage = WatermarkStage(self._strategy, self.info, context)

    def step(self, deadline_ns: int) -> None:
        element = self._stage.step(deadline_ns)
        if element is not None:
            self.emit(element)
        if not self._stage.is_busy:
            self.finish_work()

    def offer(self, element: Arrival) -> Batch | None:
        if isinstance(element, Batch):
            self.rows_in += element.num_rows
            timed = self._stage.take(element)
            self.is_busy = timed is None
            return timed
        is_upstream_time = isinstance(element, Watermark) and element.time_ms != MAX_WATERMARK_MS
        if is_upstream_time or isinstance(element, StatusChange):
            return None
        return super().offer(element)

    def next_processing_time(self) -> int | None:
        return self._stage.next_deadline_ms()

    def start_processing_time(self, now_ms: int) -> None:
        for element in self._stage.on_time(now_ms, has_input=self.has_waiting_input()):
            self.emit(element)
