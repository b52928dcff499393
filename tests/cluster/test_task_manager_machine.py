"""Every transition of a task manager, one by one."""

from __future__ import annotations

from itertools import pairwise

import pytest

from flinkette.cluster.identifiers import AllocationId, Attempt, JobId
from flinkette.cluster.resource_events import SlotReport
from flinkette.cluster.task_manager_events import (
    DeployOrdered,
    Dismissed,
    Exit,
    HeartbeatRequested,
    HostStopped,
    LeaveRequested,
    MessageForJob,
    MessageFromJob,
    RegistrationAccepted,
    RegistrationRefused,
    RelayToMaster,
    RelayToWorkers,
    SendGoodbye,
    SendHeartbeatAnswer,
    SendHostStopped,
    SendRegistration,
    SendSlotAllocated,
    SendSlotFreed,
    SendSlotRefused,
    SlotUnwanted,
    SlotWanted,
    Started,
    StartHost,
    StopHost,
    StopHostOrdered,
    TaskManagerEvent,
    TaskManagerInstruction,
    TaskManagerTick,
)
from flinkette.cluster.task_manager_machine import next_deadline_ms, on_event
from flinkette.cluster.task_manager_state import (
    TaskManagerOptions,
    TaskManagerPhase,
    TaskManagerState,
)

A, B = JobId("a" * 32), JobId("b" * 32)
FIRST = Attempt(1)


def grant(number: int) -> AllocationId:
    return AllocationId(number)


class Run:
    """A task manager that is told events one after the other."""

    def __init__(self, slots: int = 2, instance: int = 7) -> None:
        self.state = TaskManagerState(TaskManagerOptions(slots))
        self.started = self.tell(Started(0))
        if instance:
            self.tell(RegistrationAccepted(0, 1, instance))

    def tell(self, event: TaskManagerEvent) -> list[TaskManagerInstruction]:
        self.state, instructions = on_event(self.state, event)
        return instructions

    def hold(self, slot: int, allocation: int, job_id: JobId = A) -> list[TaskManagerInstruction]:
        return self.tell(SlotWanted(0, 7, slot, grant(allocation), job_id, FIRST))

    def deploy(self, *slots: int, job_id: JobId = A) -> list[TaskManagerInstruction]:
        for slot in slots:
            self.hold(slot, slot + 1, job_id)
        return self.tell(DeployOrdered(0, 7, job_id, FIRST, b"plan"))


def test_a_task_manager_registers_when_it_starts() -> None:
    run = Run(slots=2, instance=0)
    assert run.started == [SendRegistration(1, 2)]
    assert run.state.phase is TaskManagerPhase.REGISTERING


def test_registration_is_tried_again_after_longer_and_longer_waits() -> None:
    run = Run(instance=0)
    times = []
    for _ in range(12):
        deadline_ms = next_deadline_ms(run.state)
        assert deadline_ms is not None
        assert run.tell(TaskManagerTick(deadline_ms - 1)) == []
        assert run.tell(TaskManagerTick(deadline_ms)) == [SendRegistration(1, 2)]
        times.append(deadline_ms)
    waits = [after - before for before, after in pairwise(times)]
    assert waits[:3] == [200, 400, 800]
    assert waits[-1] == 30_000


def test_a_task_manager_that_nobody_takes_in_ends() -> None:
    run = Run(instance=0)
    (ended,) = run.tell(TaskManagerTick(300_000))
    assert ended == Exit(
        "the JobManager did not answer for 300 s (taskmanager.registration.timeout)", True
    )
    assert run.tell(Started(0)) == []


def test_a_task_manager_that_is_refused_ends_with_the_reason() -> None:
    run = Run(instance=0)
    assert run.tell(RegistrationRefused(5, 9, "other session")) == []
    (ended,) = run.tell(RegistrationRefused(5, 1, "no slots"))
    assert ended == Exit("the JobManager refused this task manager: no slots", True)


def test_a_registered_task_manager_answers_heartbeats_with_its_slots() -> None:
    run = Run()
    run.hold(1, 5)
    assert run.tell(HeartbeatRequested(100, 7)) == [
        SendHeartbeatAnswer(7, SlotReport(1, (None, grant(5))))
    ]
    assert next_deadline_ms(run.state) == 50_100


def test_an_answer_to_a_registration_is_taken_once() -> None:
    run = Run()
    before = run.state
    assert run.tell(RegistrationAccepted(9, 1, 7)) == []
    assert run.tell(RegistrationAccepted(9, 5, 8)) == []
    assert run.state == before


def test_a_task_manager_that_was_registered_twice_begins_anew() -> None:
    run = Run()
    assert run.tell(RegistrationAccepted(9, 1, 8)) == [SendRegistration(2, 2)]


def test_a_task_manager_registers_again_when_the_job_manager_is_silent() -> None:
    run = Run()
    assert next_deadline_ms(run.state) == 50_000
    assert run.tell(TaskManagerTick(49_999)) == []
    assert run.tell(TaskManagerTick(50_000)) == [SendRegistration(2, 2)]
    assert run.state.reason == "the JobManager was silent for 50 s (heartbeat.timeout)"


def test_a_task_manager_stops_its_workers_before_it_registers_again() -> None:
    run = Run()
    run.deploy(0)
    (stopped,) = run.tell(Dismissed(10, 7, "unknown"))
    assert stopped == StopHost(A, FIRST, "the JobManager dismissed it: unknown")
    assert run.state.phase is TaskManagerPhase.CLEARING
    assert next_deadline_ms(run.state) is None
    assert run.tell(RegistrationAccepted(10, 1, 9)) == []
    assert run.tell(HostStopped(20, A, FIRST)) == [SendRegistration(2, 2)]
    assert run.state.slots == (None, None)


def test_a_slot_is_held_and_the_answer_repeated() -> None:
    run = Run()
    assert run.hold(0, 5) == [SendSlotAllocated(7, 0, grant(5), 1)]
    assert run.hold(0, 5) == [SendSlotAllocated(7, 0, grant(5), 1)]


def test_a_slot_that_is_taken_is_refused() -> None:
    run = Run()
    run.hold(0, 5)
    (refused,) = run.hold(0, 6, B)
    assert refused == SendSlotRefused(7, 0, grant(6), 1, f"job {A} is still on it")


def test_a_slot_that_does_not_exist_is_refused() -> None:
    (refused,) = Run().hold(2, 5)
    assert refused == SendSlotRefused(7, 2, grant(5), 0, "it has slots 0 to 1")


def test_a_slot_without_workers_is_free_at_once() -> None:
    run = Run()
    run.hold(0, 5)
    assert run.tell(SlotUnwanted(0, 7, 0, grant(5))) == [SendSlotFreed(7, 0, grant(5), 2)]
    assert run.state.slots == (None, None)
    assert run.tell(SlotUnwanted(0, 7, 0, grant(5))) == [SendSlotFreed(7, 0, grant(5), 2)]


def test_a_slot_with_workers_is_free_when_they_are_gone() -> None:
    run = Run()
    run.deploy(0, 1)
    assert run.tell(SlotUnwanted(0, 7, 0, grant(1))) == []
    assert run.tell(SlotUnwanted(0, 7, 1, grant(2))) == [
        StopHost(A, FIRST, "its slots were given back")
    ]
    assert run.tell(SlotUnwanted(0, 7, 1, grant(2))) == []
    stopped, first, second = run.tell(HostStopped(5, A, FIRST, "stopped"))
    assert stopped == SendHostStopped(7, A, FIRST, "stopped")
    assert isinstance(first, SendSlotFreed)
    assert isinstance(second, SendSlotFreed)
    assert run.state.slots == (None, None)


def test_workers_start_on_the_slots_of_their_job() -> None:
    run = Run(slots=3)
    run.hold(1, 9, B)
    assert run.deploy(0, 2) == [StartHost(A, FIRST, (0, 2), b"plan")]
    assert run.tell(DeployOrdered(0, 7, A, FIRST, b"plan")) == []


def test_workers_do_not_start_without_a_slot() -> None:
    run = Run()
    assert run.tell(DeployOrdered(0, 7, A, FIRST, b"plan")) == [
        SendHostStopped(7, A, FIRST, "this task manager holds no slot for it")
    ]


def test_the_master_stops_its_workers() -> None:
    run = Run()
    run.deploy(0)
    assert run.tell(StopHostOrdered(0, 7, A, FIRST)) == [
        StopHost(A, FIRST, "its master stopped it")
    ]
    assert run.tell(StopHostOrdered(0, 7, A, FIRST)) == []
    # the slot is still the job's: it may deploy again
    run.tell(HostStopped(0, A, FIRST))
    assert run.state.slots[0] is not None
    assert run.tell(DeployOrdered(0, 7, A, FIRST, b"")) == [StartHost(A, FIRST, (0,), b"")]


def test_stopping_workers_that_are_not_there_is_answered() -> None:
    run = Run()
    assert run.tell(StopHostOrdered(0, 7, A, FIRST)) == [
        SendHostStopped(7, A, FIRST, "it has no workers here")
    ]


def test_messages_go_both_ways_between_master_and_workers() -> None:
    run = Run()
    run.deploy(0)
    assert run.tell(MessageForJob(0, 7, A, FIRST, b"down")) == [RelayToWorkers(A, FIRST, b"down")]
    assert run.tell(MessageFromJob(0, A, FIRST, b"up")) == [RelayToMaster(7, A, FIRST, b"up")]


def test_a_task_manager_that_leaves_says_goodbye() -> None:
    run = Run()
    assert run.tell(LeaveRequested(0, "stopped by a signal")) == [
        SendGoodbye(7, "stopped by a signal"),
        Exit("stopped by a signal", False),
    ]


def test_a_task_manager_that_leaves_stops_its_workers_first() -> None:
    run = Run()
    run.deploy(0)
    assert run.tell(LeaveRequested(0, "signal")) == [StopHost(A, FIRST, "signal")]
    assert run.tell(LeaveRequested(0, "signal")) == []
    assert run.tell(HostStopped(0, A, FIRST)) == [
        SendHostStopped(7, A, FIRST, "signal"),
        SendGoodbye(7, "signal"),
        Exit("signal", False),
    ]


def test_a_task_manager_that_is_not_registered_leaves_without_a_word() -> None:
    run = Run(instance=0)
    assert run.tell(LeaveRequested(0, "signal")) == [Exit("signal", False)]


@pytest.mark.parametrize(
    "event",
    [
        HeartbeatRequested(1, 6),
        Dismissed(1, 6, ""),
        SlotWanted(1, 6, 1, grant(9), B, FIRST),
        SlotUnwanted(1, 6, 0, grant(1)),
        SlotUnwanted(1, 7, 5, grant(1)),
        DeployOrdered(1, 6, B, FIRST),
        StopHostOrdered(1, 6, A, FIRST),
        MessageForJob(1, 6, A, FIRST, b""),
        MessageForJob(1, 7, A, Attempt(2), b""),
        MessageFromJob(1, A, Attempt(2), b""),
        HostStopped(1, A, Attempt(2)),
        HostStopped(1, B, FIRST),
    ],
    ids=repr,
)
def test_messages_of_another_registration_or_attempt_are_dropped(event: TaskManagerEvent) -> None:
    run = Run()
    run.deploy(0)
    before = run.state
    assert run.tell(event) == []
    assert run.state == before


def test_an_older_attempt_may_still_stop_while_the_next_one_runs() -> None:
    run = Run()
    run.deploy(0)
    run.tell(SlotUnwanted(0, 7, 0, grant(1)))
    run.tell(SlotWanted(0, 7, 1, grant(8), A, Attempt(2)))
    assert run.tell(DeployOrdered(0, 7, A, Attempt(2), b"")) == [
        StartHost(A, Attempt(2), (1,), b"")
    ]
    stopped, freed = run.tell(HostStopped(0, A, FIRST))
    assert isinstance(stopped, SendHostStopped)
    assert freed == SendSlotFreed(7, 0, grant(1), run.state.version)
