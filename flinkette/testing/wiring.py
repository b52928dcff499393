"""Channels of a harness: rows enter by a queue that the test fills, and leave by one it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.exchange.channel import LocalChannel
from flinkette.exchange.gate import Gate
from flinkette.plan.execution_graph import SubtaskId
from flinkette.runtime.wiring import LocalWiring

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from flinkette.exchange.channel import Receiver
    from flinkette.plan.execution_graph import Channel
    from flinkette.plan.job_graph import JobGraph

__all__ = ["HarnessWiring"]

UNBOUNDED = 2**62
"""What has come out waits for the test, however much it is: nothing ever pauses."""


class HarnessWiring(LocalWiring):
    """Every subtask runs here, but for the probes.

    Parameters
    ----------
    job_graph : JobGraph
        The job.
    entries, probes : collection of int
        Ids of the transformations that stand for the test.
    """

    def __init__(
        self, job_graph: JobGraph, entries: Iterable[int], probes: Collection[int]
    ) -> None:
        super().__init__(job_graph)
        self.entries = {node_id: LocalChannel(UNBOUNDED) for node_id in entries}
        self._head_of = [vertex.nodes[0].node_id for vertex in job_graph.vertices]
        self._probes = probes

    def runs_here(self, subtask: SubtaskId) -> bool:
        """Tell whether it is more than a place for the test to look at."""
        return self._head_of[subtask.vertex] not in self._probes

    def receivers(self, subtask: SubtaskId) -> list[Receiver]:
        """Return the queue of an entry, or what any other subtask reads."""
        entry = self.entries.get(self._head_of[subtask.vertex])
        return super().receivers(subtask) if entry is None else [entry]

    def local_channel(self, channel: Channel) -> LocalChannel:
        """Return the queue between two subtasks; those to probes never fill up."""
        if self.runs_here(channel.receiver):
            return super().local_channel(channel)
        return self._local.setdefault(channel, LocalChannel(UNBOUNDED))

    def gate_of(self, probe: int) -> Gate:
        """Return what a probe reads."""
        return Gate(self.receivers(SubtaskId(self._head_of.index(probe), 0)))
