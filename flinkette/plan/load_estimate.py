"""Loads and bytes of a job that has not run yet: what its operators usually cost.

Only ratios matter for placing: rows are counted from the sources on, with a usual cost and a usual
number of results per row of each kind of operator, and scaled so that the busiest subtask takes one
core. Measured figures replace them as soon as there are any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette.graph.operators import (
    AsyncDescription,
    CoFlatMapDescription,
    FilterDescription,
    FlatMapDescription,
    IntervalJoinDescription,
    KeyByDescription,
    MapBatchesDescription,
    ProjectDescription,
    ReduceDescription,
    RunningAggregateDescription,
    SinkDescription,
    SourceDescription,
    WindowDescription,
)
from flinkette.graph.transformations import Exchange
from flinkette.plan.execution_graph import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flinkette.graph.operators import OperatorDescription
    from flinkette.plan.execution_graph import ExecutionGraph, SubtaskId
    from flinkette.plan.job_graph import JobEdge, Vertex

__all__ = ["LoadEstimate", "estimate_loads"]

ROW_BYTES = 32
"""Bytes of a row on a channel."""

# a row through each kind of operator; bench/placement holds what comes of it against real jobs
_ROW_COSTS_S: dict[type, float] = {
    SourceDescription: 1e-7,
    SinkDescription: 5e-8,
    KeyByDescription: 1.5e-7,
    ProjectDescription: 1e-7,
    MapBatchesDescription: 5e-8,
    AsyncDescription: 2e-5,
    ReduceDescription: 3e-7,
    RunningAggregateDescription: 3e-7,
    WindowDescription: 4e-7,
    IntervalJoinDescription: 4e-7,
}
_FUNCTION_COST_S = 1e-7
_KEYED_FUNCTION_COST_S = 3e-7

_RESULTS_PER_ROW: dict[type, float] = {
    FilterDescription: 0.5,
    FlatMapDescription: 2.0,
    CoFlatMapDescription: 2.0,
    WindowDescription: 0.1,
}
_SIDE_OUTPUT_SHARE = 0.1


@dataclass(frozen=True)
class LoadEstimate:
    """Loads and bytes, in the units that `place` takes."""

    loads: Mapping[SubtaskId, float]
    """Share of a core by subtask; the largest is 1."""
    traffic: Mapping[Channel, float]
    """Bytes per second by channel."""


def estimate_loads(execution_graph: ExecutionGraph) -> LoadEstimate:
    """Estimate what a job costs from its program alone.

    Parameters
    ----------
    execution_graph : ExecutionGraph
        The job.

    Returns
    -------
    LoadEstimate
        For every subtask and every channel.
    """
    vertices = execution_graph.job_graph.vertices
    subtasks = execution_graph.subtasks_of
    arriving = [[0.0] * vertex.parallelism for vertex in vertices]
    loads: dict[SubtaskId, float] = {}
    rows: dict[Channel, float] = {}
    for vertex in vertices:
        if isinstance(vertex.nodes[0].operator, SourceDescription):
            arriving[vertex.index] = [1.0] * vertex.parallelism
        edges = [
            (number, edge, arriving[edge.target])
            for number, edge in enumerate(execution_graph.job_graph.edges)
            if edge.source == vertex.index
        ]
        for sender, taken in zip(subtasks[vertex.index], arriving[vertex.index], strict=True):
            loads[sender], results = _through(vertex, taken)
            for number, edge, taken_there in edges:
                receivers = subtasks[edge.target]
                group = execution_graph.receivers(edge, sender.index)
                for receiver, sent in _sent(edge, group, results[id(edge.producer)]):
                    rows[Channel(number, sender, receivers[receiver])] = sent
                    taken_there[receiver] += sent
    rows_per_s = 1 / max(loads.values())
    return LoadEstimate(
        {subtask: load * rows_per_s for subtask, load in loads.items()},
        {channel: sent * rows_per_s * ROW_BYTES for channel, sent in rows.items()},
    )


def _through(vertex: Vertex, rows: float) -> tuple[float, dict[int, float]]:
    """Return seconds for rows that a subtask takes in, and the results of each member."""
    seconds = 0.0
    results: dict[int, float] = {}
    left = rows
    for node in vertex.nodes:
        kind = type(node.operator)
        taken = rows if vertex.is_shared else left
        seconds += taken * _row_cost_s(node.operator)
        left = taken * _RESULTS_PER_ROW.get(kind, 1.0)
        results[id(node)] = left
    return seconds, results


def _row_cost_s(operator: OperatorDescription) -> float:
    """Return seconds that one row usually takes."""
    is_keyed = getattr(operator, "is_keyed", False)
    return _ROW_COSTS_S.get(
        type(operator), _KEYED_FUNCTION_COST_S if is_keyed else _FUNCTION_COST_S
    )


def _sent(edge: JobEdge, receivers: range, results: float) -> Iterator[tuple[int, float]]:
    """Yield each receiver of a subtask, and the rows it is sent."""
    if edge.edge.tag is not None:
        results *= _SIDE_OUTPUT_SHARE
    if edge.exchange is Exchange.GLOBAL:
        return ((receiver, results if receiver == 0 else 0.0) for receiver in receivers)
    share = results if edge.exchange is Exchange.BROADCAST else results / len(receivers)
    return ((receiver, share) for receiver in receivers)
