"""Which windows of a program run as one operator, over slices they share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flinkette.graph.operators import WindowDescription
from flinkette.plan.slices import SlicedAggregate, SlicePlan, plan_slices

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from flinkette.graph.transformations import Transformation

__all__ = ["joined_plan", "shared_windows"]


def shared_windows(
    nodes: Iterable[Transformation], parallelism: Mapping[int, int]
) -> list[tuple[Transformation, ...]]:
    """Group the windows that read the same rows and can share slices.

    Parameters
    ----------
    nodes : iterable of Transformation
        The program.
    parallelism : mapping of int to int
        Parallelism by ``id(node)``.

    Returns
    -------
    list of tuple of Transformation
        Groups of at least two windows; groups, and windows in them, in program order. A window in
        no group runs alone.
    """
    groups: dict[Hashable, list[Transformation]] = {}
    for node in nodes:
        if not isinstance(node.operator, WindowDescription) or node.is_chaining_disabled:
            continue
        plan = plan_slices(node)
        if isinstance(plan, SlicePlan) and plan.windows[0].has_slices:
            groups.setdefault(_place(node, parallelism[id(node)]), []).append(node)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _place(node: Transformation, parallelism: int) -> Hashable:
    """Return what is equal for windows that see the same rows in the same subtasks."""
    return (
        tuple((id(edge.source), edge.tag, edge.exchange) for edge in node.inputs),
        parallelism,
        node.max_parallelism,
        node.slot_sharing_group,
        node.buffer_timeout_ms,
    )


def joined_plan(plans: Sequence[SlicePlan]) -> SlicePlan:
    """Plan several windows over the same rows: each aggregate is there once.

    Parameters
    ----------
    plans : sequence of SlicePlan
        At least one, all with the same input.

    Returns
    -------
    SlicePlan
        A plan with their windows, in their order.
    """
    aggregates: list[SlicedAggregate] = []
    windows = []
    for plan in plans:
        for aggregate in plan.aggregates:
            if aggregate not in aggregates:
                aggregates.append(aggregate)
        places = tuple(aggregates.index(aggregate) for aggregate in plan.aggregates)
        windows += [
            replace(window, accumulators=tuple(places[index] for index in window.accumulators))
            for window in plan.windows
        ]
    return replace(plans[0], aggregates=tuple(aggregates), windows=tuple(windows))
