"""How a worker process reaches the others: rings to their subtasks, mail to the job's master."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flinkette.cluster.mailed_rows import MailedRows
from flinkette.cluster.messages import CLIENT, SplitWanted
from flinkette.exchange.element import EndOfInput
from flinkette.exchange.ring_channel import RingReceiver, RingSender
from flinkette.exchange.zmq_channel import ZmqReceiver, ZmqSender
from flinkette.metrics.task_counts import ChannelBytes
from flinkette.runtime.splits import RequestedSplits
from flinkette.runtime.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette._native.batch import Batch
    from flinkette._native.shared_memory import SharedMemory
    from flinkette.cluster.messages import Rows, Wire
    from flinkette.cluster.peer_links import PeerLinks
    from flinkette.exchange.channel import Receiver, Sender
    from flinkette.exchange.doorbell import Doorbell
    from flinkette.plan.execution_graph import Channel, SubtaskId
    from flinkette.plan.job_graph import JobGraph
    from flinkette.runtime.splits import Splits

__all__ = ["SentResults", "WorkerWiring"]


class SentResults:
    """Takes the place of the client's buffer in a collecting sink: batches go to the client."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._has_ended = False

    @property
    def is_full(self) -> bool:
        """Whether the client has not kept up."""
        return not self._sender.has_room()

    def put(self, batch: Batch) -> None:
        """Send a batch."""
        self._sender.put(batch)

    def end(self) -> bool:
        """Say, once, that nothing follows; tell whether everything has left this process."""
        if not self._has_ended and self._sender.has_room():
            self._sender.put(EndOfInput())
            self._has_ended = True
        return self._has_ended and self._sender.has_room()


class WorkerWiring(Wiring):
    """The wiring of one worker of several.

    Parameters
    ----------
    job_graph : JobGraph
        The whole job.
    placement : dict
        Worker of each subtask.
    worker : int
        Number of this one.
    wires : list of (Wire, SharedMemory)
        Its ends of rings.
    doorbells : dict
        Of every worker and of the client.
    tell : callable
        Sends a message to the master.
    links : PeerLinks
        ZeroMQ connections; they carry the channels to those workers.
    """

    def __init__(
        self,
        job_graph: JobGraph,
        placement: dict[SubtaskId, int],
        worker: int,
        wires: list[tuple[Wire, SharedMemory]],
        doorbells: dict[int, Doorbell],
        tell: Callable[[SplitWanted | Rows], None],
        links: PeerLinks,
    ) -> None:
        super().__init__(job_graph)
        self._placement = placement
        self._worker = worker
        self._tell = tell
        self._links = links
        self._numbers = {each: number for number, each in enumerate(self.channels)}
        self._senders: dict[tuple[int, int, int], Sender] = {}
        self._receivers: dict[tuple[int, int, int], Receiver] = {}
        self._to_client: list[Sender] = []
        self.results: dict[int, SentResults] = {}
        self.mailed: dict[int, MailedRows] = {}
        self.asked: dict[SubtaskId, RequestedSplits] = {}
        for wire, memory in wires:
            place = (wire.edge, wire.sender, wire.receiver)
            ring = doorbells[wire.peer].ring
            if wire.peer == CLIENT:
                sender = RingSender(memory, ring)
                self._to_client.append(sender)
                self.results[wire.edge] = SentResults(sender)
            elif wire.is_sender:
                self._senders[place] = RingSender(memory, ring)
            else:
                self._receivers[place] = RingReceiver(memory, ring)

    def results_of(self, sink: int) -> SentResults:
        """Return where a collecting sink of this worker puts rows: a ring, else the mail."""
        if sink not in self.results:
            self.mailed[sink] = MailedRows(sink, self._tell)
            self._to_client.append(self.mailed[sink])
            self.results[sink] = SentResults(self.mailed[sink])
        return self.results[sink]

    @property
    def all_senders(self) -> list[Sender]:
        """Ends to other workers and to the client."""
        return [*self._senders.values(), *self._to_client]

    def channel_bytes(self) -> list[ChannelBytes]:
        """Return what went to other workers, by channel."""
        return [ChannelBytes(*place, sender.sent_bytes) for place, sender in self._senders.items()]

    def task_bytes(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Return bytes received and sent by vertex and subtask; one without frames is missing."""
        counted: dict[tuple[int, int], tuple[int, int]] = {}
        for (edge, index, _), sender in self._senders.items():
            task = (self._job_graph.edges[edge].source, index)
            received, sent = counted.get(task, (0, 0))
            counted[task] = (received, sent + sender.sent_bytes)
        for (edge, _, index), receiver in self._receivers.items():
            task = (self._job_graph.edges[edge].target, index)
            received, sent = counted.get(task, (0, 0))
            counted[task] = (received + receiver.received_bytes, sent)
        return counted

    def runs_here(self, subtask: SubtaskId) -> bool:
        """Tell whether a subtask is placed on this worker."""
        return self._placement[subtask] == self._worker

    def splits(self, subtask: SubtaskId) -> Splits:
        """Return splits that the master hands out."""
        ask = partial(self._tell, SplitWanted(subtask.vertex, subtask.index))
        self.asked[subtask] = RequestedSplits(ask)
        return self.asked[subtask]

    def sender(self, channel: Channel) -> Sender:
        """Return a queue, the end of a ring, or of a channel on the link to that worker."""
        if self.runs_here(channel.receiver):
            return self.local_channel(channel)
        place = (channel.edge, channel.sender.index, channel.receiver.index)
        peer = self._placement[channel.receiver]
        if peer in self._links:
            self._senders[place] = ZmqSender(self._links[peer], self._numbers[channel])
        return self._senders[place]

    def receiver(self, channel: Channel) -> Receiver:
        """Return a queue, the end of a ring, or of a channel on the link to that worker."""
        if self.runs_here(channel.sender):
            return self.local_channel(channel)
        place = (channel.edge, channel.sender.index, channel.receiver.index)
        peer = self._placement[channel.sender]
        if peer in self._links:
            self._receivers[place] = ZmqReceiver(self._links[peer], self._numbers[channel])
        return self._receivers[place]
