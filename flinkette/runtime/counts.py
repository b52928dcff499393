"""What the subtasks of a worker did so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette.runtime.operators.sink import SinkOperator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.runtime.worker import Worker

__all__ = ["Counts", "counts_of", "sum_of_counts"]


@dataclass(frozen=True)
class Counts:
    """What a job, or a part of it, did so far."""

    rows_in: int = 0
    rows_out: int = 0
    watermark_ms: int | None = None
    """The lowest of all inputs; None if nothing has one."""


def counts_of(worker: Worker) -> Counts:
    """Count what the subtasks of a worker did."""
    subtasks = worker.subtasks
    reached = [subtask.watermark_ms for subtask in subtasks]
    watermarks = [each for each in reached if each is not None]
    return Counts(
        sum(subtask.operators[0].rows_in for subtask in subtasks if subtask.is_source),
        sum(
            subtask.operators[-1].rows_in
            for subtask in subtasks
            if isinstance(subtask.operators[-1], SinkOperator)
        ),
        min(watermarks) if watermarks else None,
    )


def sum_of_counts(parts: Iterable[Counts]) -> Counts:
    """Join what several workers counted."""
    parts = list(parts)
    watermarks = [part.watermark_ms for part in parts if part.watermark_ms is not None]
    return Counts(
        sum(part.rows_in for part in parts),
        sum(part.rows_out for part in parts),
        min(watermarks) if watermarks else None,
    )
