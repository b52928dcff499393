"""What subtasks counted since they began: what a worker reports, and a job's master keeps.

Plain numbers that only grow (watermarks aside), so that a report that is lost costs nothing, and
rates are differences of two of them.
"""

from __future__ import annotations

from typing import NamedTuple

from flinkette.metrics.accumulators import AccumulatorState

__all__ = ["ChannelBytes", "Counts", "OperatorCounts", "TaskCounts"]


class Counts(NamedTuple):
    """What a whole job did so far, at a glance."""

    rows_in: int = 0
    """Rows its sources read."""
    rows_out: int = 0
    """Rows its sinks took."""
    watermark_ms: int | None = None
    """The lowest of all inputs; None if nothing has one."""


class OperatorCounts(NamedTuple):
    """What one operator did in one subtask."""

    node: int
    """`node_id` of its first transformation."""
    rows_in: int
    rows_out: int
    busy_ns: int
    late_rows: int | None
    """Rows that came too late and went nowhere; None if it drops none by its nature."""


class TaskCounts(NamedTuple):
    """What one subtask of a vertex did."""

    vertex: int
    subtask: int
    operators: list[OperatorCounts]
    """In the order of the chain."""
    running_ns: int
    idle_ns: int
    """Of `running_ns`: without input."""
    backpressured_ns: int
    """Of `running_ns`: without room at its receivers."""
    bytes_in: int
    bytes_out: int
    input_watermark_ms: int | None
    output_watermark_ms: int | None
    lowest_channel: int | None
    """Which of its input channels holds the watermark back."""
    has_ended: bool
    of_functions: dict[str, int | float]
    """Metrics that user functions made, as `operator.group.name`."""
    slowest_split: str = ""
    """Of a source that reads several splits, or one without rows so far: the one that is furthest
    behind, in words."""
    accumulators: list[AccumulatorState] = []  # noqa: RUF012 - nobody changes it
    """What user functions add up for the program."""


class ChannelBytes(NamedTuple):
    """What went through one channel between two workers."""

    edge: int
    sender: int
    receiver: int
    sent: int
