"""The JobManager process: carries out what dispatcher and resource manager decide. One thread."""

from __future__ import annotations

import logging
import os
from collections import deque
from typing import TYPE_CHECKING, Any

from flinkette.cluster import control_messages as control
from flinkette.cluster import dispatcher_events as jobs
from flinkette.cluster import dispatcher_machine, resource_manager_machine
from flinkette.cluster import resource_events as resources
from flinkette.cluster.clock import EventClock
from flinkette.cluster.control_messages import REPORTS, as_event
from flinkette.cluster.dispatcher_state import DispatcherOptions, DispatcherState
from flinkette.cluster.identifiers import Attempt, JobId, TaskManagerId
from flinkette.cluster.job_manager_answers import ClientDesk
from flinkette.cluster.job_runner import MasterRunner
from flinkette.cluster.resource_state import ResourceOptions, ResourceState
from flinkette.cluster.rpc_server import Server

if TYPE_CHECKING:
    from flinkette.cluster.addresses import Address
    from flinkette.cluster.keys import Keys
    from flinkette.cluster.rpc import Received

__all__ = ["JobManager"]

log = logging.getLogger(__name__)
ATTACHED_WAIT_S = 0.5


class JobManager:
    """Listens, decides with its machines, and orders. `run` until `stop` or a client's word.

    Parameters
    ----------
    address : Address
        Where to listen.
    keys : Keys, optional
        Needed where other machines can reach the address.
    dispatcher_options, resource_options
        Time-outs.
    """

    def __init__(
        self,
        address: Address,
        keys: Keys | None = None,
        dispatcher_options: DispatcherOptions | None = None,
        resource_options: ResourceOptions | None = None,
    ) -> None:
        self.now_ms = EventClock()
        self.started_ms = self.now_ms()
        self.dispatcher = DispatcherState(dispatcher_options or DispatcherOptions())
        self.resources = ResourceState(resource_options or ResourceOptions())
        self._events: deque[Any] = deque()
        self._peers: dict[TaskManagerId, bytes] = {}
        self.processes: dict[TaskManagerId, int] = {}
        self.runner = MasterRunner(
            self._tell_host,
            self._post,
            self._on_output,
            self._on_rows,
            self.now_ms,
            is_encrypted=keys is not None,
        )
        self._server = Server(address, control.ToJobManager, keys)
        self.address = self._server.address
        self._desk = ClientDesk(self, self._server)
        self._stopping = ""

    def run(self, wakeup: int | None = None) -> None:
        """Serve until told to stop; `wakeup`: a descriptor that is readable after a signal."""
        if wakeup is not None:
            self._server.watch(wakeup)
        while not self._stopping:
            for received in self._server.receive(self._timeout_s()):
                self._take(received)
                self._drain()
            if wakeup is not None and _was_woken(wakeup):
                self.stop("stopped by a signal")
            self._on_time()
            self._drain()

    def stop(self, reason: str) -> None:
        """End `run` after this turn."""
        self._stopping = reason

    def stop_cluster(self) -> None:
        """Send the task managers home, then end."""
        for manager in self.resources.task_managers.values():
            self._tell_host(
                manager.task_manager, control.Shutdown(reason="the cluster was stopped")
            )
        self.stop("the cluster was stopped")

    def close(self) -> None:
        """Let go of the socket."""
        self._server.close()

    def post(self, event: jobs.DispatcherEvent | resources.ResourceEvent) -> None:
        """Have a machine hear of something after what it hears now."""
        self._post(event)

    def _post(self, event: jobs.DispatcherEvent | resources.ResourceEvent) -> None:
        self._events.append(event)

    def _drain(self) -> None:
        """Let the machines hear everything, and carry out what they say."""
        while self._events:
            event = self._events.popleft()
            if isinstance(event, jobs.DispatcherEvent):
                self.dispatcher, orders = dispatcher_machine.on_event(self.dispatcher, event)
                for order in orders:
                    self._carry_out_for_jobs(order)
            else:
                self.resources, demands = resource_manager_machine.on_event(self.resources, event)
                for demand in demands:
                    self._carry_out_for_resources(demand)

    def _timeout_s(self) -> float | None:
        now_ms = self.now_ms()
        deadlines = [
            dispatcher_machine.next_deadline_ms(self.dispatcher, now_ms),
            resource_manager_machine.next_deadline_ms(self.resources),
        ]
        waits = [max(0, each - now_ms) / 1000 for each in deadlines if each is not None]
        if self._is_watching:
            waits.append(ATTACHED_WAIT_S)
        return min(waits, default=None)

    def _on_time(self) -> None:
        now_ms = self.now_ms()
        self._post(jobs.Tick(now_ms))
        self._post(resources.ResourceTick(now_ms))
        self._is_watching = self.runner.on_time() | self._desk.on_time()

    _is_watching = False

    # what comes in

    def _take(self, received: Received) -> None:
        message = received.message
        if not isinstance(message, control.Report):
            self._desk.take(received)
            return
        name = TaskManagerId(message.task_manager)
        if isinstance(message, control.Registration):
            self._peers[name] = received.peer
            self.processes[name] = message.process
            log.info("task manager %s (%s slots) registers", name, message.slots)
        elif self._peers.get(name) != received.peer or not received.is_in_order:
            self._give_up(name, message.instance, "messages of it were lost")
            return
        now_ms = self.now_ms()
        if isinstance(message, control.HeartbeatReport):
            report = resources.SlotReport(
                message.version,
                tuple(message.allocations),  # type: ignore[arg-type]
            )
            self._post(resources.HeartbeatAnswered(now_ms, name, message.instance, report))
        elif isinstance(message, control.HostStopped):
            key = (JobId(message.job_id), Attempt(message.attempt))
            self.runner.host_stopped(*key, name, message.reason)
        elif isinstance(message, control.FromWorkers):
            key = (JobId(message.job_id), Attempt(message.attempt))
            self.runner.host_says(*key, message.payload)
        else:
            self._post(as_event(REPORTS[type(message)], message, now_ms=now_ms))

    def _give_up(self, name: TaskManagerId, instance: int, reason: str) -> None:
        """End a registration whose messages cannot be relied on."""
        self._post(resources.TaskManagerLeft(self.now_ms(), name, instance, reason))
        peer = self._peers.get(name)
        if peer is not None:
            self._server.tell(peer, control.Dismissed(instance=instance, reason=reason))

    # what goes out

    def _tell_host(self, name: TaskManagerId, message: Any) -> None:
        peer = self._peers.get(name)
        if peer is not None and self._server.tell(peer, message):
            return
        manager = self.resources.task_managers.get(name)
        if manager is not None:
            self._post(
                resources.TaskManagerLeft(
                    self.now_ms(), name, manager.instance, "the connection was lost"
                )
            )

    def _carry_out_for_resources(self, order: resources.ResourceInstruction) -> None:
        now_ms = self.now_ms()
        if isinstance(order, resources.GrantSlots):
            self._post(jobs.SlotsGranted(now_ms, order.job_id, order.attempt, order.slots))
        elif isinstance(order, resources.RefuseSlots):
            self._post(jobs.SlotsRefused(now_ms, order.job_id, order.attempt, order.reason))
        elif isinstance(order, resources.ReportSlotsLost):
            log.warning("job %s loses %d slots: %s", order.job_id, len(order.slots), order.reason)
            self._post(
                jobs.SlotsLost(now_ms, order.job_id, order.attempt, order.slots, order.reason)
            )
        elif isinstance(order, resources.ReportSlotCounts):
            self._post(jobs.SlotCountsChanged(now_ms, order.total, order.free))
        else:
            self._tell_host(order.task_manager, _ORDERS[type(order)](order))

    def _carry_out_for_jobs(self, order: jobs.DispatcherInstruction) -> None:
        now_ms = self.now_ms()
        match order:
            case jobs.PlanJob(job_id):
                self._desk.plan(job_id)
            case jobs.RequestSlots(job_id, attempt, count):
                self._post(resources.SlotsRequested(now_ms, job_id, attempt, count))
            case jobs.ReleaseSlots(job_id, attempt):
                self._post(resources.SlotsReleased(now_ms, job_id, attempt))
            case jobs.StartJob(job_id, attempt, slots):
                self.runner.start(job_id, attempt, slots)
            case jobs.CancelJob(job_id, attempt):
                self.runner.cancel(job_id, attempt)
            case jobs.NotifySlotsLost(job_id, attempt, slots, reason):
                self.runner.slots_lost(job_id, attempt, slots, reason)
            case _:
                self._desk.tell_clients(order)

    def _on_output(self, job_id: JobId, output: Any) -> None:
        self._desk.on_output(job_id, output)

    def _on_rows(self, job_id: JobId, worker: int, rows: Any) -> None:
        self._desk.on_rows(job_id, worker, rows)


_ORDERS: dict[type, Any] = {
    resources.AcceptRegistration: lambda order: control.Accepted(
        session=order.session, instance=order.instance
    ),
    resources.RefuseRegistration: lambda order: control.Refused(
        session=order.session, reason=order.reason
    ),
    resources.DismissTaskManager: lambda order: control.Dismissed(
        instance=order.instance, reason=order.reason
    ),
    resources.SendHeartbeat: lambda order: control.Heartbeat(instance=order.instance),
    resources.AllocateSlot: lambda order: control.SlotWanted(
        instance=order.instance,
        slot=order.slot,
        allocation=order.allocation,
        job_id=order.job_id,
        attempt=order.attempt,
    ),
    resources.FreeSlot: lambda order: control.SlotUnwanted(
        instance=order.instance, slot=order.slot, allocation=order.allocation
    ),
}


def _was_woken(descriptor: int) -> bool:
    try:
        return bool(os.read(descriptor, 64))
    except BlockingIOError:
        return False
