"""The head of a source's chain: hands on what the SourceInput reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.runtime.operator import Operator

if TYPE_CHECKING:
    from flinkette._native.batch import Batch

__all__ = ["SourceOperator"]


class SourceOperator(Operator):
    """Passes elements through; it exists so that a source has outputs like any operator."""

    def start_batch(self, batch: Batch) -> Batch:
        self.is_busy = False
        return batch
