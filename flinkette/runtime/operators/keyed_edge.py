"""A keyed edge inside a subtask: what is left of an exchange with one sender and one receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette.exchange.element import MIN_WATERMARK_MS, Watermark
from flinkette.runtime.operator import Operator

if TYPE_CHECKING:
    from flinkette.exchange.element import Arrival
    from flinkette.exchange.writer import HashRouter
    from flinkette.runtime.operator import OperatorInfo

__all__ = ["KeyedEdgeOperator"]


class KeyedEdgeOperator(Operator):
    """Hashes keys that are objects, as the edge's router does; everything else passes."""

    def __init__(self, info: OperatorInfo, router: HashRouter) -> None:
        super().__init__(info)
        self._router = router
        self.watermark_ms = MIN_WATERMARK_MS
        """What the receiver's gate would have announced."""

    def offer(self, element: Arrival) -> Batch | None:
        if isinstance(element, Batch):
            if element.marks is not None:
                self.watermark_ms = element.marks.last_time
            return element if isinstance(element.keys, Column) else self._router.hashed(element)
        if isinstance(element, Watermark):
            self.watermark_ms = element.time_ms
        return super().offer(element)
