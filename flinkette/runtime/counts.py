"""What the subtasks of a worker did so far, read off their operators once in a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.exchange.gate import Gate
from flinkette.metrics.task_counts import OperatorCounts, TaskCounts
from flinkette.runtime.operators.batch_input import BatchInput
from flinkette.runtime.operators.keyed_edge import KeyedEdgeOperator
from flinkette.runtime.operators.timestamps import TimestampsOperator
from flinkette.runtime.source_input import SourceInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flinkette.runtime.operator import Operator
    from flinkette.runtime.subtask import Subtask

__all__ = ["task_counts"]

Bytes = tuple[int, int]
"""Received and sent."""


def task_counts(
    subtasks: Iterable[Subtask], bytes_of: Callable[[int, int], Bytes] | None = None
) -> list[TaskCounts]:
    """Read what subtasks counted.

    Parameters
    ----------
    subtasks : iterable of Subtask
        Those of a worker. One that joins two vertices counts as a subtask of each.
    bytes_of : callable, optional
        Bytes that a vertex's subtask received and sent in frames; not given: none.

    Returns
    -------
    list of TaskCounts
        By vertex, as the subtasks come.
    """
    return [
        counts
        for subtask in subtasks
        for counts in _counts_of(subtask, bytes_of or (lambda _vertex, _index: (0, 0)))
    ]


def _counts_of(subtask: Subtask, bytes_of: Callable[[int, int], Bytes]) -> list[TaskCounts]:
    stretches = _stretches(subtask)
    worked = [sum(operator.busy_ns for operator in stretch) for stretch in stretches]
    worked[0] += subtask.source_busy_ns
    made: list[TaskCounts] = []
    for number, stretch in enumerate(stretches):
        context = subtask.contexts[sum(map(len, stretches[:number]))]
        incoming, outgoing = _watermarks(subtask, stretches, number)
        lowest = subtask.input.lowest_channel() if isinstance(subtask.input, Gate) else None
        # one thread: while the vertices behind work nobody takes rows, while those before do
        # there are none
        made.append(
            TaskCounts(
                context.vertex,
                context.subtask_index,
                _operators(subtask, stretch, is_first=number == 0),
                subtask.running_ns,
                subtask.idle_ns + sum(worked[:number]),
                subtask.backpressured_ns + sum(worked[number + 1 :]),
                *bytes_of(context.vertex, context.subtask_index),
                incoming,
                outgoing,
                lowest if number == 0 else 0,
                subtask.has_ended,
                context.metrics.numbers(),
                subtask.input.slowest_split
                if number == 0 and isinstance(subtask.input, SourceInput)
                else "",
                context.accumulators.states(),
            )
        )
    return made


def _stretches(subtask: Subtask) -> list[list[Operator]]:
    """Cut the operators behind each keyed edge: one stretch for each vertex."""
    stretches: list[list[Operator]] = [[]]
    for operator in subtask.operators:
        stretches[-1].append(operator)
        if isinstance(operator, KeyedEdgeOperator):
            stretches.append([])
    return stretches


def _operators(
    subtask: Subtask, stretch: list[Operator], *, is_first: bool
) -> list[OperatorCounts]:
    source = subtask.input
    made: list[OperatorCounts] = []
    if is_first and isinstance(source, SourceInput):
        made.append(
            OperatorCounts(source.node_id, source.rows, source.rows, subtask.source_busy_ns, None)
        )
    sorting_ns = 0
    for each in stretch:
        node = each.info.node.node_id
        if isinstance(each, BatchInput):
            sorting_ns = each.busy_ns
        elif made and (made[-1].node == node or isinstance(each, KeyedEdgeOperator)):
            # the head of a source hands on what was read; a keyed edge belongs to its sender
            made[-1] = made[-1]._replace(busy_ns=made[-1].busy_ns + each.busy_ns)
        else:
            made.append(
                OperatorCounts(
                    node,
                    each.rows_in,
                    each.rows_out,
                    each.busy_ns + sorting_ns,
                    each.late_rows_dropped,
                )
            )
            sorting_ns = 0
    return made


def _watermarks(
    subtask: Subtask, stretches: list[list[Operator]], number: int
) -> tuple[int | None, int | None]:
    """Return the watermarks that reached a vertex, and that it announced."""
    source = subtask.input
    incoming = source.watermark_ms if isinstance(source, Gate) else None
    outgoing = source.watermark_ms
    if number:
        edge = stretches[number - 1][-1]
        assert isinstance(edge, KeyedEdgeOperator)
        incoming = outgoing = edge.watermark_ms
    for operator in stretches[number]:
        if isinstance(operator, (KeyedEdgeOperator, TimestampsOperator)):
            outgoing = operator.watermark_ms
    return incoming, outgoing
