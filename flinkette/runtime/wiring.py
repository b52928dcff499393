"""What a worker knows of the others: which subtasks run here, channels to all, splits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from flinkette.contracts.errors import SourceError
from flinkette.exchange.channel import LocalChannel
from flinkette.graph.operators import SourceDescription
from flinkette.plan.execution_graph import Channel, ExecutionGraph, SubtaskId
from flinkette.runtime.failures import ConnectorErrors
from flinkette.runtime.operator import OperatorInfo
from flinkette.runtime.splits import LocalSplits

if TYPE_CHECKING:
    from flinkette.contracts.source import SplitEnumerator
    from flinkette.exchange.channel import Receiver, Sender
    from flinkette.plan.job_graph import JobEdge, JobGraph
    from flinkette.runtime.splits import Splits

__all__ = ["LocalWiring", "Wiring", "make_enumerators"]


class Wiring(ABC):
    """How the subtasks of one worker are joined with each other and with the rest of the job."""

    def __init__(self, job_graph: JobGraph) -> None:
        self._job_graph = job_graph
        self._edges = {id(edge): number for number, edge in enumerate(job_graph.edges)}
        self._local: dict[Channel, LocalChannel] = {}
        self._outputs: dict[tuple[int, SubtaskId], list[Channel]] = {}
        self._inputs: dict[SubtaskId, list[Channel]] = {}
        self.channels = tuple(ExecutionGraph(job_graph).channels())
        for channel in self.channels:
            self._outputs.setdefault((channel.edge, channel.sender), []).append(channel)
            self._inputs.setdefault(channel.receiver, []).append(channel)

    @abstractmethod
    def runs_here(self, subtask: SubtaskId) -> bool:
        """Tell whether a subtask runs in this worker."""

    @abstractmethod
    def splits(self, subtask: SubtaskId) -> Splits:
        """Return where a subtask that reads a source gets its splits from."""

    @abstractmethod
    def sender(self, channel: Channel) -> Sender:
        """Return the sending end of a channel of a subtask that runs here."""

    @abstractmethod
    def receiver(self, channel: Channel) -> Receiver:
        """Return the receiving end of a channel of a subtask that runs here."""

    def senders(self, edge: JobEdge, subtask: SubtaskId) -> list[Sender | None]:
        """Return a subtask's ends of an edge by receiver; None where the two are not joined."""
        ends: list[Sender | None] = [None] * self._job_graph.vertices[edge.target].parallelism
        for channel in self._outputs.get((self._edges[id(edge)], subtask), ()):
            ends[channel.receiver.index] = self.sender(channel)
        return ends

    def receivers(self, subtask: SubtaskId) -> list[Receiver]:
        """Return a subtask's input channels, by edge and sender."""
        return [self.receiver(channel) for channel in self._inputs.get(subtask, ())]

    def inputs_of_receivers(self, subtask: SubtaskId) -> list[int]:
        """Return which of an operator's inputs each of a subtask's input channels belongs to."""
        edges = self._job_graph.edges
        return [edges[channel.edge].edge.input_index for channel in self._inputs.get(subtask, ())]

    def local_channel(self, channel: Channel) -> LocalChannel:
        """Return the queue between two subtasks that both run here; it is both ends."""
        return self._local.setdefault(channel, LocalChannel())


class LocalWiring(Wiring):
    """Every subtask runs in this worker."""

    def __init__(self, job_graph: JobGraph) -> None:
        super().__init__(job_graph)
        self._enumerators = make_enumerators(job_graph)

    def runs_here(self, subtask: SubtaskId) -> bool:
        return True

    def sender(self, channel: Channel) -> Sender:
        return self.local_channel(channel)

    def receiver(self, channel: Channel) -> Receiver:
        return self.local_channel(channel)

    def splits(self, subtask: SubtaskId) -> Splits:
        return LocalSplits(self._enumerators[subtask.vertex], subtask.index)


def make_enumerators(job_graph: JobGraph) -> dict[int, SplitEnumerator]:
    """Make the enumerator of each vertex that reads a source."""
    enumerators: dict[int, SplitEnumerator] = {}
    for vertex in job_graph.vertices:
        head = vertex.nodes[0]
        if isinstance(head.operator, SourceDescription):
            with ConnectorErrors(OperatorInfo(head, 0, 1), SourceError):
                source = head.operator.source
                enumerators[vertex.index] = source.create_enumerator(vertex.parallelism)
    return enumerators
