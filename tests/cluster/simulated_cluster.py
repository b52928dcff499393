"""A whole cluster in one thread from a seed (contract 26): machines, delays, losses, crashes.

The real machines run; what shells would do (sockets, processes, clocks) is simulated. A wire keeps
the order of its messages and may lose some: the receiver sees the gap in their numbers and gives
the registration up, as the real one does.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from cluster.simulated_jobs import PHASES, Master, Workers
from flinkette.cluster import dispatcher_events as jobs
from flinkette.cluster import dispatcher_machine, resource_manager_machine, task_manager_machine
from flinkette.cluster import resource_events as resources
from flinkette.cluster import task_manager_events as hosts
from flinkette.cluster.dispatcher_state import DispatcherOptions, DispatcherState, JobPhase
from flinkette.cluster.identifiers import Attempt, JobId, TaskManagerId
from flinkette.cluster.job_machine import JobPhase as JobMachinePhase
from flinkette.cluster.job_queue import waiting_text
from flinkette.cluster.resource_state import ResourceOptions, ResourceState, SlotState
from flinkette.cluster.task_manager_state import (
    TaskManagerOptions,
    TaskManagerPhase,
    TaskManagerState,
)
from flinkette.contracts.job import JobStatus

HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS = 1_000, 5_000
SLOT_TIMEOUT_MS = 60_000


# What the other side hears of an instruction.
REPORTS = {
    hosts.SendRegistration: resources.RegisterTaskManager,
    hosts.SendHeartbeatAnswer: resources.HeartbeatAnswered,
    hosts.SendSlotAllocated: resources.SlotAllocated,
    hosts.SendSlotRefused: resources.SlotRefused,
    hosts.SendSlotFreed: resources.SlotFreed,
    hosts.SendGoodbye: resources.TaskManagerLeft,
}
ORDERS = {
    resources.AcceptRegistration: hosts.RegistrationAccepted,
    resources.RefuseRegistration: hosts.RegistrationRefused,
    resources.DismissTaskManager: hosts.Dismissed,
    resources.SendHeartbeat: hosts.HeartbeatRequested,
    resources.AllocateSlot: hosts.SlotWanted,
    resources.FreeSlot: hosts.SlotUnwanted,
}
NUMBERED = (resources.SendHeartbeat, resources.AllocateSlot, resources.FreeSlot)


class Timeline:
    """What is to happen, in order of time; equal times in order of arrival."""

    def __init__(self) -> None:
        self.now_ms = 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, at_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (max(at_ms, self.now_ms), self._count, action))
        self._count += 1

    def after(self, wait_ms: int, action: Callable[[], None]) -> None:
        self.at(self.now_ms + wait_ms, action)

    def step(self) -> bool:
        if not self._due:
            return False
        self.now_ms, _, action = heapq.heappop(self._due)
        action()
        return True


class Wire:
    """One direction between a task manager and the JobManager."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self.cluster = cluster
        self.last_ms = 0
        self.sent: Counter[int] = Counter()
        self.taken: Counter[int] = Counter()
        self.is_cut = False

    def replaced(self) -> Wire:
        wire = Wire(self.cluster)
        wire.is_cut = self.is_cut
        return wire

    def send(self, instance: int, deliver: Callable[[bool], None]) -> None:
        """Deliver later, or never; `deliver(False)` after a gap. Instance 0 is not numbered."""
        number = self.sent[instance]
        self.sent[instance] += 1
        random = self.cluster.random
        if self.is_cut or random.random() < self.cluster.loss:
            return
        time = self.cluster.time
        delay_ms = random.randint(0, 40) if random.random() < 0.97 else random.randint(100, 3_000)
        self.last_ms = max(self.last_ms, time.now_ms + delay_ms)

        def arrive() -> None:
            is_next = instance == 0 or self.taken[instance] == number
            self.taken[instance] = number + 1
            deliver(is_next)

        time.at(self.last_ms, arrive)


class Host:
    """One task manager: its machine, its wires, the workers it runs."""

    def __init__(self, cluster: SimulatedCluster, name: str, slots: int) -> None:
        self.cluster = cluster
        self.name = TaskManagerId(name)
        self.state = TaskManagerState(
            TaskManagerOptions(
                slots, HEARTBEAT_TIMEOUT_MS, 100, 2_000, registration_timeout_ms=10**9
            )
        )
        self.up, self.down = Wire(cluster), Wire(cluster)
        self.session = 0
        self.working: dict[tuple[JobId, Attempt], Workers] = {}
        self.is_dead = False
        self.stopped_until_ms = 0
        self.waiting: list[Callable[[], None]] = []

    def tell(self, event: hosts.TaskManagerEvent) -> None:
        if self.is_dead:
            return
        if self.stopped_until_ms > self.cluster.time.now_ms:  # SIGSTOP: it waits in the socket
            self.waiting.append(
                lambda: self.tell(as_event(type(event), event, now_ms=self.cluster.time.now_ms))
            )
            return
        self.state, instructions = task_manager_machine.on_event(self.state, event)
        for order in instructions:
            self.carry_out(order)
        self.set_alarm()

    def set_alarm(self) -> None:
        due_ms = task_manager_machine.next_deadline_ms(self.state)
        if due_ms is not None:
            time = self.cluster.time
            time.at(due_ms, lambda: self.ring(due_ms))

    def ring(self, due_ms: int) -> None:
        if not self.is_dead and task_manager_machine.next_deadline_ms(self.state) == due_ms:
            self.tell(hosts.TaskManagerTick(self.cluster.time.now_ms))

    def stop_for(self, pause_ms: int) -> None:
        time = self.cluster.time
        self.stopped_until_ms = max(self.stopped_until_ms, time.now_ms + pause_ms)
        time.at(self.stopped_until_ms, self.wake)

    def wake(self) -> None:
        if self.stopped_until_ms > self.cluster.time.now_ms:
            return
        waiting, self.waiting = self.waiting, []
        for action in waiting:
            action()
        self.tell(hosts.TaskManagerTick(self.cluster.time.now_ms))

    def die(self) -> None:
        self.is_dead = True
        working, self.working = self.working, {}
        for workers in working.values():
            workers.alive.clear()
            self.cluster.break_links(workers)

    def carry_out(self, order: hosts.TaskManagerInstruction) -> None:
        cluster, name = self.cluster, self.name
        if isinstance(order, hosts.SendRegistration) and order.session != self.session:
            # another socket: what is still under way on the last one may arrive after this
            self.session = order.session
            self.up, self.down = self.up.replaced(), self.down.replaced()
        if type(order) in REPORTS:
            instance = 0 if isinstance(order, hosts.SendRegistration) else order.instance
            kind = REPORTS[type(order)]
            cluster.to_manager(
                self,
                instance,
                lambda now: as_event(kind, order, now_ms=now, task_manager=name, host=name),
            )
            return
        match order:
            case hosts.SendHostStopped(instance, job_id, attempt, _):
                cluster.to_master(self, instance, job_id, attempt, "gone")
            case hosts.RelayToMaster(instance, job_id, attempt, payload):
                cluster.to_master(self, instance, job_id, attempt, payload.decode())
            case hosts.StartHost(job_id, attempt, slots, payload):
                taken = {slot for others in self.working.values() for slot in others.slots}
                assert not taken & set(slots), f"{name}: slots {slots} of {taken} are in use"
                self.working[job_id, attempt] = Workers(self, job_id, attempt, slots, payload)
            case hosts.RelayToWorkers(job_id, attempt, payload):
                workers = self.working.get((job_id, attempt))
                if workers is not None:  # else the last of them ended just now
                    workers.hear(payload.decode())
            case hosts.StopHost(job_id, attempt, _):
                wait_ms = cluster.random.randint(0, 300)
                cluster.time.after(wait_ms, lambda: self.workers_gone(job_id, attempt))
            case hosts.Exit():
                self.die()

    def workers_gone(self, job_id: JobId, attempt: Attempt) -> None:
        workers = self.working.pop((job_id, attempt), None)
        if workers is not None:
            workers.alive.clear()
            cluster = self.cluster
            cluster.break_links(workers)
            self.tell(hosts.HostStopped(cluster.time.now_ms, job_id, attempt))


def as_event(kind: Any, source: Any, **more: Any) -> Any:
    """Make an event of an order or another event with fields of the same names."""
    values = {**source.__dict__, **more}
    return kind(**{each.name: values[each.name] for each in fields(kind)})


class SimulatedCluster:
    """A JobManager and its task managers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.time = Timeline()
        self.loss = 0.0
        self.hosts: dict[TaskManagerId, Host] = {}
        self.summaries: Counter[JobId] = Counter()
        self.submitted: list[JobId] = []
        self.begin_job_manager()

    def begin_job_manager(self) -> None:
        """Start a JobManager that knows nothing."""
        self.dispatcher = DispatcherState(DispatcherOptions(SLOT_TIMEOUT_MS, 10_000))
        self.resources = ResourceState(ResourceOptions(HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS))
        self.masters: dict[tuple[JobId, Attempt], Master] = {}
        self.restarts: Counter[JobId] = Counter()
        self.epoch = object()
        self.submitted = []
        self.summaries.clear()

    # the network

    def to_manager(self, host: Host, instance: int, make: Callable[[int], Any]) -> None:
        """Send an event to the resource manager."""
        epoch = self.epoch

        def deliver(is_next: bool) -> None:
            if self.epoch is epoch:
                if is_next:
                    self.tell_resources(make(self.time.now_ms))
                else:
                    self.give_up_registration(host, instance)

        host.up.send(instance, deliver)

    def to_master(
        self, host: Host, instance: int, job_id: JobId, attempt: Attempt, word: str
    ) -> None:
        """Send a word to a job's master."""
        epoch = self.epoch

        def deliver(is_next: bool) -> None:
            if self.epoch is epoch:
                if is_next:
                    self.master_hears(host.name, instance, job_id, attempt, word)
                else:
                    self.give_up_registration(host, instance)

        host.up.send(instance, deliver)

    def give_up_registration(self, host: Host, instance: int) -> None:
        reason = "messages were lost"
        self.tell_resources(
            resources.TaskManagerLeft(self.time.now_ms, host.name, instance, reason)
        )
        self.to_host(host.name, 0, lambda now: hosts.Dismissed(now, instance, reason))

    def to_host(self, name: TaskManagerId, instance: int, make: Callable[[int], Any]) -> None:
        """Send an event to a task manager."""
        host = self.hosts.get(name)
        if host is None:
            return
        epoch = self.epoch

        def deliver(is_next: bool) -> None:
            if self.epoch is not epoch:
                return
            now_ms = self.time.now_ms
            host.tell(
                make(now_ms) if is_next else hosts.Dismissed(now_ms, instance, "messages were lost")
            )

        host.down.send(instance, deliver)

    # the JobManager's shell

    def tell_dispatcher(self, event: jobs.DispatcherEvent) -> None:
        self.dispatcher, instructions = dispatcher_machine.on_event(self.dispatcher, event)
        for order in instructions:
            self.carry_out_for_jobs(order)
        due_ms = dispatcher_machine.next_deadline_ms(self.dispatcher, self.time.now_ms)
        if due_ms is not None:
            self.time.at(due_ms, lambda: self.ring_dispatcher(due_ms))

    def ring_dispatcher(self, due_ms: int) -> None:
        now_ms = self.time.now_ms
        if dispatcher_machine.next_deadline_ms(self.dispatcher, now_ms - 1) == due_ms:
            self.tell_dispatcher(jobs.Tick(now_ms))

    def carry_out_for_jobs(self, order: jobs.DispatcherInstruction) -> None:
        match order:
            case jobs.PlanJob(job_id):
                self.plan(job_id)
            case jobs.RequestSlots(job_id, attempt, count):
                self.tell_resources(
                    resources.SlotsRequested(self.time.now_ms, job_id, attempt, count)
                )
            case jobs.ReleaseSlots(job_id, attempt):
                self.masters.pop((job_id, attempt), None)
                self.tell_resources(resources.SlotsReleased(self.time.now_ms, job_id, attempt))
            case jobs.StartJob(job_id, attempt, slots):
                master = Master(self, job_id, attempt, slots)
                self.masters[job_id, attempt] = master
                master.begin()
            case jobs.CancelJob(job_id, attempt):
                self.masters[job_id, attempt].cancel()
            case jobs.NotifySlotsLost(job_id, attempt, slots, reason):
                for slot in slots:
                    if (job_id, attempt) in self.masters:
                        self.masters[job_id, attempt].lose(
                            slot.task_manager, {slot.instance}, reason
                        )
            case jobs.PublishSummary(summary):
                self.summaries[summary.job_id] += 1

    def plan(self, job_id: JobId) -> None:
        epoch, slots = self.epoch, self.random.randint(1, 6)

        def planned() -> None:
            if self.epoch is epoch:
                self.tell_dispatcher(jobs.JobPlanned(self.time.now_ms, job_id, slots))

        self.time.after(self.random.randint(0, 100), planned)

    def tell_resources(self, event: resources.ResourceEvent) -> None:
        self.resources, instructions = resource_manager_machine.on_event(self.resources, event)
        for order in instructions:
            self.carry_out_for_resources(order)
        due_ms = resource_manager_machine.next_deadline_ms(self.resources)
        if due_ms is not None:
            self.time.at(due_ms, lambda: self.ring_resources(due_ms))

    def ring_resources(self, due_ms: int) -> None:
        if resource_manager_machine.next_deadline_ms(self.resources) == due_ms:
            self.tell_resources(resources.ResourceTick(self.time.now_ms))

    def carry_out_for_resources(self, order: resources.ResourceInstruction) -> None:
        now_ms = self.time.now_ms
        if type(order) in ORDERS:
            instance = order.instance if type(order) in NUMBERED else 0
            kind = ORDERS[type(order)]
            self.to_host(
                order.task_manager, instance, lambda now: as_event(kind, order, now_ms=now)
            )
            return
        match order:
            case resources.GrantSlots(job_id, attempt, slots):
                self.tell_dispatcher(jobs.SlotsGranted(now_ms, job_id, attempt, slots))
            case resources.RefuseSlots(job_id, attempt, reason):
                self.tell_dispatcher(jobs.SlotsRefused(now_ms, job_id, attempt, reason))
            case resources.ReportSlotsLost(job_id, attempt, slots, reason):
                self.tell_dispatcher(jobs.SlotsLost(now_ms, job_id, attempt, slots, reason))
            case resources.ReportSlotCounts(total, free):
                self.tell_dispatcher(jobs.SlotCountsChanged(now_ms, total, free))

    # the masters of jobs

    def master_hears(
        self, name: TaskManagerId, instance: int, job_id: JobId, attempt: Attempt, word: str
    ) -> None:
        master = self.masters.get((job_id, attempt))
        if master is None:
            return
        if word == "gone":
            master.lose(name, {instance}, f"the workers on {name} are gone")
        else:
            master.hear(word)

    def job_ends(self, key: tuple[JobId, Attempt], status: JobStatus, reason: str) -> None:
        job_id, attempt = key
        now_ms = self.time.now_ms
        if status is JobStatus.FAILED and self.restarts[job_id] < 3:
            self.restarts[job_id] += 1
            self.tell_dispatcher(jobs.JobRestarting(now_ms, job_id, attempt, reason, 500))
        else:
            self.tell_dispatcher(jobs.JobEnded(now_ms, job_id, attempt, status, reason))

    def workers_of(self, key: tuple[JobId, Attempt]) -> list[Workers]:
        return [host.working[key] for host in self.hosts.values() if key in host.working]

    def break_links(self, gone: Workers) -> None:
        """Let the workers of other hosts see that the other side of connections is gone."""
        for workers in self.workers_of(gone.key):
            if workers is not gone:
                workers.lose_link()

    def check_progress(self, key: tuple[JobId, Attempt], phase: JobMachinePhase) -> None:
        """Nobody runs before all are deployed, nobody commits before all have ended."""
        for workers in self.workers_of(key):
            for worker in workers.alive:
                reached = workers.reached.get(worker)
                assert reached is not None, f"worker {worker} has reached nothing"
                assert PHASES.index(reached) >= PHASES.index(phase), f"{worker} is {reached}"

    # what a test does

    def submit(self, priority: int, group: str) -> None:
        job_id = JobId(f"{self.random.getrandbits(128):032x}")
        self.submitted.append(job_id)
        self.tell_dispatcher(
            jobs.JobSubmitted(self.time.now_ms, job_id, "simulated", priority, group)
        )

    def join(self, slots: int) -> None:
        host = Host(self, f"tm-{len(self.hosts)}", slots)
        self.hosts[host.name] = host
        host.tell(hosts.Started(self.time.now_ms))

    def living(self) -> list[Host]:
        return [host for host in self.hosts.values() if not host.is_dead]

    def is_quiet(self) -> bool:
        """Tell whether every job is over."""
        return all(job.phase.is_over for job in self.dispatcher.jobs.values())

    def check(self) -> None:
        """What holds at every moment."""
        self.check_slots()
        self.check_answers()
        for job in self.dispatcher.jobs.values():
            key = (job.job_id, job.attempt)
            assert self.summaries[job.job_id] == int(job.phase.is_over)
            if job.phase is JobPhase.QUEUED:
                assert waiting_text(self.dispatcher, job, self.time.now_ms)
            elif job.phase is JobPhase.ALLOCATING:
                assert key in self.resources.requests, f"nobody looks for slots for {job}"
            elif job.phase.is_deployed:
                assert key in self.masters, f"nobody cares for {job}"

    def check_answers(self) -> None:
        """No job waits for a task manager that is silent."""
        options = self.resources.options
        longest_ms = options.answer_timeout_ms + options.answer_interval_ms
        for (name, index), slot in self.resources.unanswered():
            assert slot.asked_ms is not None
            heard_ms = max(slot.asked_ms, self.resources.task_managers[name].heard_ms)
            waited_ms = self.time.now_ms - heard_ms
            assert waited_ms <= longest_ms, f"slot {index} of {name}: silent for {waited_ms} ms"

    def check_slots(self) -> None:
        given: set[tuple[TaskManagerId, int, int]] = set()
        for job in self.dispatcher.jobs.values():
            for slot in job.slots:
                place = (slot.task_manager, slot.instance, slot.slot)
                assert place not in given, f"{place} was given twice"
                given.add(place)
        for (name, index), slot in self.resources.places():
            manager, host = self.resources.task_managers[name], self.hosts[name]
            if slot.state is not SlotState.FREE or host.state.instance != manager.instance:
                continue
            used = {each for workers in host.working.values() for each in workers.slots}
            assert index not in used, f"slot {index} of {name} is free and in use"

    def check_quiet(self) -> None:
        """What holds when all jobs had time to end and the network is whole."""
        self.check()
        left = [job for job in self.dispatcher.jobs.values() if not job.phase.is_over]
        assert not left, f"jobs that never end: {left}"
        assert set(self.dispatcher.jobs) == set(self.submitted)
        assert not self.resources.requests
        living = self.living()
        assert {host.name for host in living} == set(self.resources.task_managers)
        for host in living:
            assert host.state.phase is TaskManagerPhase.REGISTERED
            assert not host.working
            assert not any(host.state.slots)
        total = sum(len(host.state.slots) for host in living)
        assert (self.resources.total_slots, self.resources.free_slots) == (total, total)
        counts = (self.dispatcher.total_slots, self.dispatcher.free_slots)
        assert counts == (total, total)
