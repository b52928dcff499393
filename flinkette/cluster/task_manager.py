"""The TaskManager process: carries out what its machine decides. One thread, one more per job."""

from __future__ import annotations

import logging
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any

from flinkette.cluster import control_messages as control
from flinkette.cluster import task_manager_events as hosts
from flinkette.cluster import task_manager_machine
from flinkette.cluster.clock import EventClock
from flinkette.cluster.control_messages import ORDERS, as_event
from flinkette.cluster.identifiers import Attempt, JobId, TaskManagerId
from flinkette.cluster.rpc_client import Client
from flinkette.cluster.task_manager_state import (
    TaskManagerOptions,
    TaskManagerPhase,
    TaskManagerState,
)
from flinkette.cluster.worker_host import WorkerHost
from flinkette.cluster.worker_network import WorkerNetwork
from flinkette.cluster.worker_pool import COSTLY, fork_server
from flinkette.contracts.errors import ClusterError
from flinkette.exchange.doorbell import Doorbell

if TYPE_CHECKING:
    from flinkette.cluster.addresses import Address
    from flinkette.cluster.keys import Keys

__all__ = ["TaskManager"]

log = logging.getLogger(__name__)


class TaskManager:
    """Registers, holds slots, runs workers. `run` until told to end.

    Parameters
    ----------
    job_manager : Address
        Where the JobManager listens.
    options : TaskManagerOptions
        Number of slots, time-outs.
    keys : Keys, optional
        If the JobManager has keys.
    network : WorkerNetwork, optional
        Where workers listen, if not at the address by which the JobManager is reached.
    """

    def __init__(
        self,
        job_manager: Address,
        options: TaskManagerOptions,
        keys: Keys | None = None,
        network: WorkerNetwork | None = None,
    ) -> None:
        self._job_manager = job_manager
        self._network = WorkerNetwork(job_manager) if network is None else network
        self._keys = keys
        self._now_ms = EventClock()
        self._host = socket.gethostname()
        self.name = TaskManagerId(f"{self._host}-{os.getpid()}-{os.urandom(3).hex()}")
        self.state = TaskManagerState(options)
        self._client: Client | None = None
        self._seen_losses = 0
        self._workers: dict[tuple[JobId, Attempt], WorkerHost] = {}
        self._posted: deque[hosts.TaskManagerEvent] = deque()
        self._doorbell = Doorbell.create()
        self._wakeup: int | None = None
        self.failure = ""

    def run(self, wakeup: int | None = None) -> None:
        """Serve until it is over; `wakeup`: a descriptor that is readable after a signal.

        Raises
        ------
        ClusterError
            If the JobManager cannot be reached or does not want this task manager.
        """
        self._wakeup = wakeup
        fork_server(COSTLY)  # so that the first job does not wait for it
        self._tell(hosts.Started(self._now_ms()))
        while self.state.phase is not TaskManagerPhase.GONE:
            self._turn()
        if self.failure:
            raise ClusterError(f"{self._job_manager}: {self.failure}")

    def close(self) -> None:
        """End what is left."""
        for host in list(self._workers.values()):
            host.stop()
        for host in list(self._workers.values()):
            host.join()
        if self._client is not None:
            self._client.close()
        self._doorbell.close()

    def leave(self, reason: str) -> None:
        """Stop all workers, say goodbye, end."""
        self._tell(hosts.LeaveRequested(self._now_ms(), reason))

    def post(self, event: hosts.TaskManagerEvent) -> None:
        """Hear of something; from any thread."""
        self._posted.append(event)
        self._doorbell.ring()

    def _turn(self) -> None:
        client = self._client
        assert client is not None
        for received in client.receive(self._timeout_s()):
            if self._client is client:  # not replaced by what came before
                self._take(received.message, is_in_order=received.is_in_order)
        self._doorbell.silence()
        while self._posted:
            event = self._posted.popleft()
            if isinstance(event, hosts.HostStopped):
                self._workers.pop((event.job_id, event.attempt)).join()
            self._tell(event)
        if self._client is client and client.losses > self._seen_losses:
            self._seen_losses = client.losses
            if self.state.instance:
                reason = f"the connection to the JobManager at {self._job_manager} was lost"
                self._tell(hosts.Dismissed(self._now_ms(), self.state.instance, reason))
        if self._wakeup is not None and _was_woken(self._wakeup):
            self.leave("stopped by a signal")
        self._tell(hosts.TaskManagerTick(self._now_ms()))

    def _timeout_s(self) -> float | None:
        deadline_ms = task_manager_machine.next_deadline_ms(self.state)
        if deadline_ms is None:
            return None
        return max(0, deadline_ms - self._now_ms()) / 1000

    def _take(self, message: Any, *, is_in_order: bool) -> None:
        now_ms = self._now_ms()
        if isinstance(message, control.Shutdown):
            self.leave(message.reason)
        elif not is_in_order and self.state.instance:
            reason = "messages of the JobManager were lost"
            self._tell(hosts.Dismissed(now_ms, self.state.instance, reason))
        elif type(message) in ORDERS:
            self._tell(as_event(ORDERS[type(message)], message, now_ms=now_ms))

    def _tell(self, event: hosts.TaskManagerEvent) -> None:
        before = self.state.phase
        self.state, instructions = task_manager_machine.on_event(self.state, event)
        for order in instructions:
            self._carry_out(order)
        if self.state.phase is not before:
            reason = f": {self.state.reason}" if self.state.reason else ""
            log.info("task manager %s is %s%s", self.name, self.state.phase.value, reason)

    def _carry_out(self, order: hosts.TaskManagerInstruction) -> None:
        match order:
            case hosts.SendRegistration(session, slots):
                self._register(session, slots)
            case hosts.StartHost(job_id, attempt, _, payload):
                self._start(job_id, attempt, payload)
            case hosts.StopHost(job_id, attempt, reason):
                log.info("job %s attempt %d is stopped: %s", job_id, attempt, reason)
                self._workers[job_id, attempt].stop()
            case hosts.RelayToWorkers(job_id, attempt, payload):
                self._workers[job_id, attempt].tell(payload)
            case hosts.Exit(reason, is_failure):
                self.failure = reason if is_failure else ""
            case _:
                self._send(_MESSAGES[type(order)](self.name, order))

    def _register(self, session: int, slots: int) -> None:
        """Ask to be taken in, in a new session over a new connection."""
        if self._client is None or session != self._session:
            if self._client is not None:
                self._client.close()
            self._session, self._seen_losses = session, 0
            self._client = Client(self._job_manager, control.FromJobManager, self._keys)
            self._client.watch(self._doorbell.fileno())
            if self._wakeup is not None:
                self._client.watch(self._wakeup)
        self._send(
            control.Registration(
                task_manager=self.name,
                session=session,
                slots=slots,
                host=self._host,
                process=os.getpid(),
            )
        )

    _session = 0

    def _start(self, job_id: JobId, attempt: Attempt, plan: bytes) -> None:
        def say(payload: bytes) -> None:
            self.post(hosts.MessageFromJob(self._now_ms(), job_id, attempt, payload))

        def end(reason: str) -> None:
            self.post(hosts.HostStopped(self._now_ms(), job_id, attempt, reason))

        log.info("job %s attempt %d starts", job_id, attempt)
        self._workers[job_id, attempt] = WorkerHost(plan, self._network, say, end)

    def _send(self, message: Any) -> None:
        assert self._client is not None
        self._client.tell(message)


_MESSAGES: dict[type, Any] = {
    hosts.SendHeartbeatAnswer: lambda name, order: control.HeartbeatReport(
        task_manager=name,
        instance=order.instance,
        version=order.report.version,
        allocations=list(order.report.allocations),
    ),
    hosts.SendSlotAllocated: lambda name, order: control.SlotAllocated(
        task_manager=name, **vars(order)
    ),
    hosts.SendSlotRefused: lambda name, order: control.SlotRefused(
        task_manager=name, **vars(order)
    ),
    hosts.SendSlotFreed: lambda name, order: control.SlotFreed(task_manager=name, **vars(order)),
    hosts.SendGoodbye: lambda name, order: control.Goodbye(task_manager=name, **vars(order)),
    hosts.SendHostStopped: lambda name, order: control.HostStopped(
        task_manager=name, **vars(order)
    ),
    hosts.RelayToMaster: lambda name, order: control.FromWorkers(task_manager=name, **vars(order)),
}


def _was_woken(descriptor: int) -> bool:
    try:
        return bool(os.read(descriptor, 64))
    except BlockingIOError:
        return False
