"""Starting a job smaller where there are fewer slots than it asks for (contract 21)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flinkette.contracts.errors import NotEnoughSlotsError
from flinkette.graph.transformations import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flinkette.plan.job_graph import JobEdge, JobGraph

__all__ = ["fit_into", "slots_of_groups"]


def fit_into(job_graph: JobGraph, slots: int) -> JobGraph:
    """Lower parallelisms until a job needs no more slots than there are.

    Parameters
    ----------
    job_graph : JobGraph
        As the program asks for it.
    slots : int
        How many there are.

    Returns
    -------
    JobGraph
        The same vertices and edges. Max parallelism stays, so keyed state finds its key groups.

    Raises
    ------
    NotEnoughSlotsError
        If there are fewer slots than slot sharing groups.

    Notes
    -----
    A vertex gets the slots of its group at most, as in Flink's adaptive scheduler. Vertices that
    the program joined by forward() keep one parallelism; other edges that now join different ones
    rebalance.
    """
    granted = slots_of_groups(job_graph, slots)
    parallelism = [
        min(vertex.parallelism, granted[vertex.slot_sharing_group]) for vertex in job_graph.vertices
    ]
    has_changed = True
    while has_changed:
        has_changed = False
        for edge in job_graph.edges:
            least = min(parallelism[edge.source], parallelism[edge.target])
            if _is_asked_forward(edge) and parallelism[edge.source] != parallelism[edge.target]:
                parallelism[edge.source] = parallelism[edge.target] = least
                has_changed = True
    return replace(
        job_graph,
        vertices=tuple(
            replace(vertex, parallelism=parallelism[vertex.index]) for vertex in job_graph.vertices
        ),
        edges=tuple(
            replace(edge, exchange=Exchange.REBALANCE)
            if edge.exchange is Exchange.FORWARD
            and parallelism[edge.source] != parallelism[edge.target]
            else edge
            for edge in job_graph.edges
        ),
    )


def slots_of_groups(job_graph: JobGraph, slots: int) -> Mapping[str, int]:
    """Share slots among the slot sharing groups of a job.

    Parameters
    ----------
    job_graph : JobGraph
        The job.
    slots : int
        How many there are.

    Returns
    -------
    mapping of str to int
        Slots of each group, at least 1: narrow groups get all they want, what they leave goes to
        wider ones in equal parts.

    Raises
    ------
    NotEnoughSlotsError
        If there are fewer slots than groups.
    """
    width: dict[str, int] = {}
    for vertex in job_graph.vertices:
        group = vertex.slot_sharing_group
        width[group] = max(width.get(group, 0), vertex.parallelism)
    if slots < len(width):
        raise NotEnoughSlotsError(len(width), slots)
    granted: dict[str, int] = {}
    left = slots
    for group in sorted(width, key=lambda group: (width[group], group)):
        granted[group] = min(width[group], left // (len(width) - len(granted)))
        left -= granted[group]
    return granted


def _is_asked_forward(edge: JobEdge) -> bool:
    return edge.exchange is Exchange.FORWARD and edge.edge.is_explicit
