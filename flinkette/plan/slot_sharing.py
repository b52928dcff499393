"""Slot sharing groups: which operators may run in one slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette.graph.transformations import Transformation

__all__ = ["DEFAULT_GROUP", "slot_sharing_groups"]

DEFAULT_GROUP = "default"
"""Flink's name of the group of operators that name none."""


def slot_sharing_groups(nodes: Iterable[Transformation]) -> dict[int, str]:
    """Settle the group of every node, as Flink inherits them.

    Parameters
    ----------
    nodes : iterable of Transformation
        The program, every node after those it reads.

    Returns
    -------
    dict of int to str
        Group by ``id(node)``: the one that was set; else that of the inputs if all of them are in
        the same one; else the default group.
    """
    group_of: dict[int, str] = {}
    for node in nodes:
        inherited = {group_of[id(edge.source)] for edge in node.inputs}
        if node.slot_sharing_group is not None:
            group_of[id(node)] = node.slot_sharing_group
        else:
            group_of[id(node)] = inherited.pop() if len(inherited) == 1 else DEFAULT_GROUP
    return group_of
