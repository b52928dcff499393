"""The ExecutionGraph: the subtasks of a JobGraph, the channels between them, and their slots.

```
 JobGraph                      ExecutionGraph
                               slot 0        slot 1        slot 2
 source x 2 ── HASH ──►        source 0 ─┬─► source 1 ─┬─►
   window x 3                  window 0 ◄┴─► window 1 ◄┴─► window 2
```

A slot takes at most one subtask of each vertex of one slot sharing group: subtask i of each of them
is in slot i. Subtasks that a FORWARD edge joins inside a group therefore share a slot. A job needs
the sum over its groups of the largest parallelism in the group.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flinkette.graph.transformations import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flinkette.plan.job_graph import JobGraph

__all__ = ["Channel", "ExecutionGraph", "Slot", "SubtaskId", "receivers_of", "rescale_group"]


@dataclass(frozen=True, order=True, slots=True)
class SubtaskId:
    """One parallel instance of a vertex."""

    vertex: int
    """Index in `JobGraph.vertices`."""
    index: int
    """0 .. parallelism - 1."""


@dataclass(frozen=True, order=True, slots=True)
class Channel:
    """The path of elements from one subtask to one other subtask."""

    edge: int
    """Index in `JobGraph.edges`."""
    sender: SubtaskId
    receiver: SubtaskId


@dataclass(frozen=True)
class Slot:
    """What one slot of a worker runs: at most one subtask of each vertex of a group."""

    group: str
    """The slot sharing group."""
    index: int
    """Number within the group."""
    subtasks: tuple[SubtaskId, ...]
    """In the order of the vertices; never empty."""


@dataclass(frozen=True)
class ExecutionGraph:
    """A JobGraph times its parallelism."""

    job_graph: JobGraph

    @cached_property
    def subtasks(self) -> tuple[SubtaskId, ...]:
        """Every subtask, by vertex and index."""
        return tuple(
            SubtaskId(vertex.index, index)
            for vertex in self.job_graph.vertices
            for index in range(vertex.parallelism)
        )

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot the job needs; groups in the order of their first vertex."""
        subtasks: dict[tuple[str, int], list[SubtaskId]] = {}
        width: dict[str, int] = {}
        for vertex in self.job_graph.vertices:
            group = vertex.slot_sharing_group
            width[group] = max(width.get(group, 0), vertex.parallelism)
            for index in range(vertex.parallelism):
                subtasks.setdefault((group, index), []).append(SubtaskId(vertex.index, index))
        return tuple(
            Slot(group, index, tuple(subtasks[group, index]))
            for group, count in width.items()
            for index in range(count)
        )

    @property
    def required_slots(self) -> int:
        """Slots the job needs: the sum over groups of the largest parallelism."""
        return len(self.slots)

    @property
    def parallelism(self) -> int:
        """The largest parallelism of a vertex."""
        return max(vertex.parallelism for vertex in self.job_graph.vertices)

    @cached_property
    def slot_of(self) -> dict[SubtaskId, int]:
        """Index in `slots` of each subtask's slot."""
        return {
            subtask: index for index, slot in enumerate(self.slots) for subtask in slot.subtasks
        }

    def channels(self) -> Iterator[Channel]:
        """Every channel, by edge, sender and receiver."""
        vertices = self.job_graph.vertices
        for number, edge in enumerate(self.job_graph.edges):
            senders, receivers = (
                vertices[edge.source].parallelism,
                vertices[edge.target].parallelism,
            )
            for sender in range(senders):
                for receiver in receivers_of(edge.exchange, sender, senders, receivers):
                    yield Channel(
                        number, SubtaskId(edge.source, sender), SubtaskId(edge.target, receiver)
                    )


def receivers_of(exchange: Exchange, sender: int, senders: int, receivers: int) -> range:
    """Tell which subtasks an exchange joins with one sending subtask.

    A receiver must not wait for the watermark of a sender that sends it nothing, so these are the
    only ones that get a channel.

    Parameters
    ----------
    exchange : Exchange
        How rows travel.
    sender : int
        Index of the sending subtask, below `senders`.
    senders, receivers : int
        Parallelism on both sides, at least 1.

    Returns
    -------
    range
        Indices of receiving subtasks; never empty.
    """
    if exchange is Exchange.FORWARD and receivers > 1:
        return range(sender, sender + 1)
    if exchange is Exchange.RESCALE:
        return rescale_group(sender, senders, receivers)
    return range(receivers)


def rescale_group(sender: int, senders: int, receivers: int) -> range:
    """Receivers that one sender serves under RESCALE: disjoint groups as equal as possible."""
    if receivers <= senders:
        only = sender * receivers // senders
        return range(only, only + 1)
    first = (sender * receivers + senders - 1) // senders
    last = ((sender + 1) * receivers + senders - 1) // senders
    return range(first, last)
