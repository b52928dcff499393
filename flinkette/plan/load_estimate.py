"""Loads and bytes of a job that has not run yet: what its operators usually cost.

Only ratios matter for placing: rows are counted from the sources on, with a usual cost and a usual
number of results per row of each kind of operator, and scaled so that the busiest subtask takes one
core. Measured figures replace them as soon as there are any.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flinkette.graph.operators import (
    FilterDescription,
    FlatMapDescription,
    KeyByDescription,
    MapBatchesDescription,
    ProjectDescription,
    SinkDescription,
    SourceDescription,
    WindowDescription,
)
from flinkette.graph.transformations import Exchange
from flinkette.plan.execution_graph import SubtaskId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flinkette.plan.execution_graph import Channel, ExecutionGraph
    from flinkette.plan.job_graph import JobEdge, Vertex

__all__ = ["LoadEstimate", "estimate_loads"]

ROW_BYTES = 32
"""Bytes of a row on a channel."""

_ROW_COSTS_S: dict[type, float] = {
    SourceDescription: 1e-7,
    SinkDescription: 1e-7,
    KeyByDescription: 1e-7,
    ProjectDescription: 1e-7,
    MapBatchesDescription: 5e-8,
    WindowDescription: 5e-7,
}
_FUNCTION_COST_S = 2e-7
"""A row through a function of the user's, or through keyed state."""

_RESULTS_PER_ROW: dict[type, float] = {
    FilterDescription: 0.5,
    FlatMapDescription: 2.0,
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
    job_graph = execution_graph.job_graph
    channels: dict[tuple[int, int], list[Channel]] = defaultdict(list)
    for channel in execution_graph.channels():
        channels[channel.edge, channel.sender.index].append(channel)
    arriving: dict[SubtaskId, float] = defaultdict(float)
    loads: dict[SubtaskId, float] = {}
    rows: dict[Channel, float] = {}
    for vertex in job_graph.vertices:
        edges = [
            (number, edge)
            for number, edge in enumerate(job_graph.edges)
            if edge.source == vertex.index
        ]
        for index in range(vertex.parallelism):
            subtask = SubtaskId(vertex.index, index)
            is_source = isinstance(vertex.nodes[0].operator, SourceDescription)
            loads[subtask], results = _through(vertex, 1.0 if is_source else arriving[subtask])
            for number, edge in edges:
                for channel, sent in _sent(edge, channels[number, index], results).items():
                    rows[channel] = sent
                    arriving[channel.receiver] += sent
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
        seconds += taken * _ROW_COSTS_S.get(kind, _FUNCTION_COST_S)
        left = taken * _RESULTS_PER_ROW.get(kind, 1.0)
        results[id(node)] = left
    return seconds, results


def _sent(
    edge: JobEdge, channels: list[Channel], results: Mapping[int, float]
) -> dict[Channel, float]:
    """Return the rows one subtask sends to each of its receivers."""
    rows = results[id(edge.producer)]
    if edge.edge.tag is not None:
        rows *= _SIDE_OUTPUT_SHARE
    if edge.exchange is Exchange.GLOBAL:
        return {channel: rows if channel.receiver.index == 0 else 0.0 for channel in channels}
    if edge.exchange is not Exchange.BROADCAST:
        rows /= len(channels)
    return dict.fromkeys(channels, rows)
