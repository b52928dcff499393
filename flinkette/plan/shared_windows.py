"""Which windows of a program run as one operator, over slices they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts.assigners import SlidingEventTimeWindows, TumblingEventTimeWindows
from flinkette.graph.operators import WindowDescription

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from flinkette.graph.transformations import Transformation

__all__ = ["shared_windows"]

SHARING_ASSIGNERS = (TumblingEventTimeWindows, SlidingEventTimeWindows)


def shared_windows(
    nodes: Iterable[Transformation],
    parallelism: Mapping[int, int],
    is_sliced: Callable[[Transformation], bool],
) -> list[tuple[Transformation, ...]]:
    """Group the windows that read the same rows and can share slices.

    Parameters
    ----------
    nodes : iterable of Transformation
        The program.
    parallelism : mapping of int to int
        Parallelism by ``id(node)``.
    is_sliced : callable
        Tells whether a window of time runs natively, over slices, by itself.

    Returns
    -------
    list of tuple of Transformation
        Groups of at least two windows; groups, and windows in them, in program order. A window in
        no group runs alone.
    """
    groups: dict[Hashable, list[Transformation]] = {}
    for node in nodes:
        operator = node.operator
        if (
            isinstance(operator, WindowDescription)
            and isinstance(operator.assigner, SHARING_ASSIGNERS)
            and not node.is_chaining_disabled
            and is_sliced(node)
        ):
            groups.setdefault(_place(node, operator, parallelism[id(node)]), []).append(node)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _place(node: Transformation, operator: WindowDescription, parallelism: int) -> Hashable:
    """Return what is equal for windows that see the same rows in the same subtasks."""
    inputs = tuple((id(edge.source), edge.tag, edge.exchange) for edge in node.inputs)
    return (
        inputs,
        operator.is_all,
        parallelism,
        node.max_parallelism,
        node.slot_sharing_group,
        node.buffer_timeout_ms,
    )
