"""Every transition of the resource manager, one by one."""

from __future__ import annotations

import pytest

from flinkette.cluster.identifiers import AllocationId, Attempt, JobId, SlotAddress, TaskManagerId
from flinkette.cluster.resource_events import (
    AcceptRegistration,
    AllocateSlot,
    DismissTaskManager,
    FreeSlot,
    GrantSlots,
    HeartbeatAnswered,
    RefuseRegistration,
    RefuseSlots,
    RegisterTaskManager,
    ReportSlotCounts,
    ReportSlotsLost,
    ResourceEvent,
    ResourceInstruction,
    ResourceTick,
    SendHeartbeat,
    SlotAllocated,
    SlotFreed,
    SlotRefused,
    SlotReport,
    SlotsReleased,
    SlotsRequested,
    TaskManagerLeft,
)
from flinkette.cluster.resource_manager_machine import next_deadline_ms, on_event
from flinkette.cluster.resource_state import ResourceOptions, ResourceState, SlotState, choose_slots

A, B = JobId("a" * 32), JobId("b" * 32)
X, Y = TaskManagerId("x"), TaskManagerId("y")
FIRST = Attempt(1)


def grant(number: int) -> AllocationId:
    return AllocationId(number)


def address(manager: TaskManagerId, instance: int, slot: int, allocation: int) -> SlotAddress:
    return SlotAddress(manager, instance, slot, grant(allocation), f"host-{manager}")


class Run:
    """A resource manager that is told events one after the other."""

    def __init__(self, **slots: int) -> None:
        self.state = ResourceState(ResourceOptions(10_000, 50_000))
        self.now_ms = 0
        for name, count in slots.items():
            self.register(TaskManagerId(name), count)

    def tell(self, event: ResourceEvent) -> list[ResourceInstruction]:
        self.state, instructions = on_event(self.state, event)
        return instructions

    def register(
        self, manager: TaskManagerId, slots: int, session: int = 1
    ) -> list[ResourceInstruction]:
        return self.tell(
            RegisterTaskManager(self.now_ms, manager, session, slots, f"host-{manager}")
        )

    def request(self, job_id: JobId, count: int) -> list[ResourceInstruction]:
        return self.tell(SlotsRequested(self.now_ms, job_id, FIRST, count))

    def confirm(self, order: ResourceInstruction, version: int = 1) -> list[ResourceInstruction]:
        assert isinstance(order, AllocateSlot)
        return self.tell(
            SlotAllocated(
                self.now_ms,
                order.task_manager,
                order.instance,
                order.slot,
                order.allocation,
                version,
            )
        )

    def hold(self, job_id: JobId, count: int) -> None:
        for order in self.request(job_id, count):
            if isinstance(order, AllocateSlot):
                self.confirm(order)

    def report(
        self, manager: TaskManagerId, instance: int, version: int, *allocations: int | None
    ) -> list[ResourceInstruction]:
        granted = tuple(None if n is None else grant(n) for n in allocations)
        return self.tell(
            HeartbeatAnswered(self.now_ms, manager, instance, SlotReport(version, granted))
        )

    def slot(self, manager: TaskManagerId, index: int = 0) -> SlotState:
        return self.state.task_managers[manager].slots[index].state


def test_a_task_manager_joins_with_its_slots() -> None:
    run = Run()
    assert run.register(X, 2) == [AcceptRegistration(X, 1, 1), ReportSlotCounts(2, 2)]
    assert run.state.task_managers[X].host == "host-x"


def test_a_registration_that_is_repeated_is_answered_again() -> None:
    run = Run(x=2)
    assert run.register(X, 2) == [AcceptRegistration(X, 1, 1)]


def test_a_registration_of_an_earlier_session_is_dropped() -> None:
    run = Run()
    run.register(X, 2, session=3)
    assert run.register(X, 2, session=2) == []


def test_a_task_manager_without_slots_is_refused() -> None:
    (refused,) = Run().register(X, 0)
    assert isinstance(refused, RefuseRegistration)
    assert "taskmanager.numberOfTaskSlots is 0" in refused.reason


def test_a_task_manager_that_begins_anew_loses_what_it_held() -> None:
    run = Run(x=2)
    run.hold(A, 1)
    lost, accepted, counts = run.register(X, 2, session=2)
    assert lost == ReportSlotsLost(A, FIRST, (address(X, 1, 0, 1),), "task manager x began anew")
    assert accepted == AcceptRegistration(X, 2, 2)
    assert counts == ReportSlotCounts(2, 2)


def test_a_job_gets_its_slots_when_all_of_them_are_held() -> None:
    run = Run(x=2)
    first, second, counts = run.request(A, 2)
    assert first == AllocateSlot(X, 1, 0, grant(1), A, FIRST)
    assert second == AllocateSlot(X, 1, 1, grant(2), A, FIRST)
    assert counts == ReportSlotCounts(2, 0)
    assert run.confirm(first) == []
    assert run.confirm(second) == [GrantSlots(A, FIRST, (address(X, 1, 0, 1), address(X, 1, 1, 2)))]


def test_a_request_that_is_repeated_is_taken_once() -> None:
    run = Run(x=2)
    orders = run.request(A, 1)
    assert run.request(A, 1) == []
    run.confirm(orders[0])
    assert run.request(A, 1) == []


def test_a_request_above_what_is_free_is_refused_as_a_whole() -> None:
    run = Run(x=2)
    assert run.request(A, 3) == [
        RefuseSlots(A, FIRST, "3 slots are needed, 2 of 2 are free"),
        ReportSlotCounts(2, 2),
    ]
    assert run.state.requests == {}


def test_a_released_slot_is_free_when_its_task_manager_says_so() -> None:
    run = Run(x=1)
    run.hold(A, 1)
    assert run.tell(SlotsReleased(0, A, FIRST)) == [FreeSlot(X, 1, 0, grant(1))]
    assert run.slot(X) is SlotState.RELEASING
    assert run.tell(SlotFreed(0, X, 1, 0, grant(1), 2)) == [ReportSlotCounts(1, 1)]
    assert run.slot(X) is SlotState.FREE


def test_a_request_is_taken_back_while_it_is_open() -> None:
    run = Run(x=2)
    first, second, _ = run.request(A, 2)
    run.confirm(first)
    released = run.tell(SlotsReleased(0, A, FIRST))
    assert released == [FreeSlot(X, 1, 0, grant(1)), FreeSlot(X, 1, 1, grant(2))]
    assert run.confirm(second) == []
    assert run.slot(X, 1) is SlotState.RELEASING


def test_a_refused_slot_is_replaced_by_another_one() -> None:
    run = Run(x=1, y=1)
    (order, _) = run.request(A, 1)
    assert run.tell(SlotRefused(0, X, 1, 0, order.allocation, 1, "busy"))[0] == AllocateSlot(
        Y, 2, 0, grant(2), A, FIRST
    )
    assert run.slot(X) is SlotState.SUSPECT
    assert run.report(X, 1, 1, None) == [ReportSlotCounts(2, 1)]
    assert run.slot(X) is SlotState.FREE


def test_a_refused_slot_without_another_one_refuses_the_request() -> None:
    run = Run(x=2)
    first, second, _ = run.request(A, 2)
    run.confirm(first)
    freed, refused, counts = run.tell(SlotRefused(0, X, 1, 1, second.allocation, 1, "busy"))
    assert freed == FreeSlot(X, 1, 0, grant(1))
    assert refused == RefuseSlots(
        A, FIRST, "task manager x refused slot 1: busy; 2 slots are needed, 0 of 2 are free"
    )
    assert counts == ReportSlotCounts(2, 0)


def test_a_refusal_that_comes_late_changes_nothing() -> None:
    run = Run(x=1)
    run.hold(A, 1)
    assert run.tell(SlotRefused(0, X, 1, 0, grant(1), 0, "old")) == []
    assert run.tell(SlotRefused(0, X, 1, 0, grant(9), 0, "old")) == []
    assert run.slot(X) is SlotState.HELD


def test_a_task_manager_that_leaves_takes_its_slots_along() -> None:
    run = Run(x=1, y=1)
    run.hold(A, 2)
    lost, counts = run.tell(TaskManagerLeft(0, X, 1, "stopped by its user"))
    reason = "task manager x on host-x: stopped by its user"
    assert lost == ReportSlotsLost(A, FIRST, (address(X, 1, 0, 1),), reason)
    assert counts == ReportSlotCounts(1, 0)


def test_the_end_of_an_earlier_registration_is_dropped() -> None:
    run = Run(x=1)
    run.register(X, 1, session=2)
    assert run.tell(TaskManagerLeft(0, X, 1, "old")) == []
    assert X in run.state.task_managers


def test_a_task_manager_that_leaves_in_the_middle_of_a_request_is_replaced() -> None:
    run = Run(x=1, y=1)
    run.request(A, 1)
    order, _ = run.tell(TaskManagerLeft(0, X, 1, "gone"))
    assert order == AllocateSlot(Y, 2, 0, grant(2), A, FIRST)


def test_a_task_manager_that_leaves_in_the_middle_of_a_request_refuses_it() -> None:
    run = Run(x=1, y=1)
    run.request(A, 2)
    freed, refused, _ = run.tell(TaskManagerLeft(0, X, 1, "gone"))
    assert freed == FreeSlot(Y, 2, 0, grant(2))
    assert isinstance(refused, RefuseSlots)
    words = "task manager x on host-x: gone; 2 slots are needed, 0 of 1 are free"
    assert refused.reason == words


def test_heartbeats_are_asked_for_at_their_interval() -> None:
    run = Run(x=1, y=1)
    assert next_deadline_ms(run.state) == 10_000
    assert run.tell(ResourceTick(9_999)) == []
    assert run.tell(ResourceTick(10_000)) == [SendHeartbeat(X, 1), SendHeartbeat(Y, 2)]
    assert next_deadline_ms(run.state) == 20_000


def test_nothing_waits_for_time_without_task_managers() -> None:
    run = Run(x=1)
    run.tell(TaskManagerLeft(0, X, 1, "gone"))
    assert next_deadline_ms(run.state) is None
    assert run.tell(ResourceTick(99_000)) == []


def test_a_silent_task_manager_is_lost() -> None:
    run = Run(x=1, y=1)
    run.hold(A, 1)
    for now_ms in (10_000, 20_000, 30_000, 40_000):
        run.now_ms = now_ms
        run.tell(ResourceTick(now_ms))
        run.report(Y, 2, 1, None)
    assert next_deadline_ms(run.state) == 50_000
    lost, beat, counts = run.tell(ResourceTick(50_000))
    assert isinstance(lost, ReportSlotsLost)
    assert lost.reason == ("task manager x on host-x did not answer for 50 s (heartbeat.timeout)")
    assert beat == SendHeartbeat(Y, 2)
    assert counts == ReportSlotCounts(1, 1)


def test_a_job_manager_that_stood_still_does_not_blame_the_others() -> None:
    run = Run(x=1)
    assert run.tell(ResourceTick(3_600_000)) == [SendHeartbeat(X, 1)]
    assert X in run.state.task_managers


def test_heartbeats_come_soon_while_a_job_waits_for_an_answer() -> None:
    run = Run(x=2)
    assert next_deadline_ms(run.state) == 10_000
    run.now_ms = 2_000
    order, _ = run.request(A, 1)
    assert next_deadline_ms(run.state) == 3_000
    assert run.tell(ResourceTick(3_000)) == [SendHeartbeat(X, 1)]
    assert next_deadline_ms(run.state) == 4_000
    run.now_ms = 3_500
    run.confirm(order)
    assert run.tell(ResourceTick(4_000)) == [SendHeartbeat(X, 1)]
    assert next_deadline_ms(run.state) == 14_000


def test_a_job_does_not_wait_for_a_task_manager_that_does_not_answer() -> None:
    run = Run(x=3, y=2)
    run.now_ms = 5_000
    confirmed, unanswered, _ = run.request(A, 2)
    assert (confirmed.task_manager, unanswered.task_manager) == (Y, Y)  # it fills y
    run.confirm(confirmed)
    for now_ms in range(6_000, 15_000, 1_000):
        run.tell(ResourceTick(now_ms))
        run.now_ms = now_ms
        run.report(X, 1, 0, None, None, None)
    freed, freed_too, *orders = run.tell(ResourceTick(15_000))
    assert [freed, freed_too] == [FreeSlot(Y, 2, 0, grant(1)), FreeSlot(Y, 2, 1, grant(2))]
    first, second = (order for order in orders if isinstance(order, AllocateSlot))
    assert (first.task_manager, second.task_manager) == (X, X)
    run.confirm(first)
    assert isinstance(run.confirm(second)[0], GrantSlots)
    # what it says later frees its slots again
    run.now_ms = 16_000
    orders = run.report(Y, 2, 2, 1, 2)
    assert orders == [FreeSlot(Y, 2, 0, grant(1)), FreeSlot(Y, 2, 1, grant(2))]
    assert run.report(Y, 2, 4, None, None)[-1] == ReportSlotCounts(5, 3)


def test_a_job_that_only_a_silent_task_manager_could_serve_is_told_so() -> None:
    run = Run(x=3)
    run.request(A, 2)
    for now_ms in range(1_000, 10_000, 1_000):
        assert run.tell(ResourceTick(now_ms)) == [SendHeartbeat(X, 1)]
    freed, freed_too, refused, beat, counts = run.tell(ResourceTick(10_000))
    assert [freed, freed_too] == [FreeSlot(X, 1, 0, grant(1)), FreeSlot(X, 1, 1, grant(2))]
    reason = "task manager x on host-x does not answer; 2 slots are needed, 0 of 3 are free"
    assert refused == RefuseSlots(A, FIRST, reason)
    assert (beat, counts) == (SendHeartbeat(X, 1), ReportSlotCounts(3, 0))
    assert run.slot(X, 2) is SlotState.SUSPECT
    assert run.report(X, 1, 1, None, None, None) == [ReportSlotCounts(3, 3)]


def test_nor_does_a_job_manager_that_stood_still_while_a_job_waited() -> None:
    run = Run(x=3)
    run.request(A, 2)
    assert run.tell(ResourceTick(13_000)) == [SendHeartbeat(X, 1)]
    assert [run.slot(X, 0), run.slot(X, 2)] == [SlotState.PENDING, SlotState.FREE]


def test_a_task_manager_that_was_heard_of_is_waited_for() -> None:
    run = Run(x=1)
    run.request(A, 1)
    run.now_ms = 9_000
    run.report(X, 1, 0, None)
    run.tell(ResourceTick(18_999))
    assert run.slot(X) is SlotState.PENDING


def test_a_task_manager_nobody_knows_is_told_to_register() -> None:
    (order,) = Run().report(X, 4, 1, None)
    assert isinstance(order, DismissTaskManager)
    assert (order.task_manager, order.instance) == (X, 4)


def test_a_heartbeat_of_an_earlier_registration_is_dropped() -> None:
    run = Run(x=1)
    run.register(X, 1, session=2)
    assert run.report(X, 1, 9, None) == []


def test_a_task_manager_that_reports_other_slots_than_it_registered_is_dismissed() -> None:
    run = Run(x=2)
    dismissed, counts = run.report(X, 1, 1, None)
    assert isinstance(dismissed, DismissTaskManager)
    assert counts == ReportSlotCounts(0, 0)


def test_an_order_that_got_lost_is_repeated_with_the_next_heartbeat() -> None:
    run = Run(x=1)
    (order, _) = run.request(A, 1)
    assert run.report(X, 1, 0, None) == [order]


def test_an_answer_that_got_lost_is_read_from_the_report() -> None:
    run = Run(x=1)
    run.request(A, 1)
    assert run.report(X, 1, 1, 1) == [GrantSlots(A, FIRST, (address(X, 1, 0, 1),))]


def test_a_slot_that_is_still_taken_is_cleared_first() -> None:
    run = Run(x=1)
    run.request(A, 1)
    assert run.report(X, 1, 1, 77) == [FreeSlot(X, 1, 0, grant(77))]


def test_a_slot_that_its_task_manager_gave_up_is_lost() -> None:
    run = Run(x=1)
    run.hold(A, 1)
    lost, _ = run.report(X, 1, 2, None)
    assert lost == ReportSlotsLost(
        A, FIRST, (address(X, 1, 0, 1),), "task manager x gave up slot 0"
    )


def test_a_held_slot_that_is_reported_as_another_ones_is_lost_and_cleared() -> None:
    run = Run(x=1)
    run.hold(A, 1)
    freed, lost = run.report(X, 1, 2, 77)
    assert freed == FreeSlot(X, 1, 0, grant(77))
    assert isinstance(lost, ReportSlotsLost)
    assert run.slot(X) is SlotState.RELEASING


def test_a_slot_that_is_freed_unasked_is_lost() -> None:
    run = Run(x=1)
    run.hold(A, 1)
    assert isinstance(run.tell(SlotFreed(0, X, 1, 0, grant(1), 2))[0], ReportSlotsLost)


def test_a_slot_lost_before_the_grant_is_replaced() -> None:
    run = Run(x=1, y=2)
    first, *_ = run.request(A, 3)
    run.confirm(first)
    refused = run.tell(
        SlotFreed(0, first.task_manager, first.instance, first.slot, first.allocation, 2)
    )
    # the slot itself is free again, so it is asked for again
    assert refused[0] == AllocateSlot(
        first.task_manager, first.instance, first.slot, grant(4), A, FIRST
    )


def test_a_free_slot_that_is_reported_taken_is_cleared() -> None:
    run = Run(x=1)
    freed, _ = run.report(X, 1, 1, 77)
    assert freed == FreeSlot(X, 1, 0, grant(77))
    assert run.slot(X) is SlotState.RELEASING
    assert run.report(X, 1, 2, 77) == [freed]
    assert run.report(X, 1, 3, None) == [ReportSlotCounts(1, 1)]


def test_a_report_older_than_the_last_word_is_dropped() -> None:
    run = Run(x=1)
    (order, _) = run.request(A, 1)
    run.confirm(order, version=5)
    assert run.report(X, 1, 4, None) == []
    assert run.slot(X) is SlotState.HELD


@pytest.mark.parametrize(
    "event",
    [
        SlotAllocated(0, X, 9, 0, grant(1), 1),
        SlotRefused(0, X, 9, 0, grant(1), 1, ""),
        SlotFreed(0, X, 9, 0, grant(1), 1),
        SlotAllocated(0, X, 1, 5, grant(1), 1),
        SlotFreed(0, X, 1, 0, grant(3), 1),
        SlotsReleased(0, B, FIRST),
    ],
    ids=repr,
)
def test_messages_about_nothing_known_are_dropped(event: ResourceEvent) -> None:
    run = Run(x=1)
    run.hold(A, 1)
    before = run.state
    assert run.tell(event) == []
    assert run.state == before


def test_a_job_goes_to_the_task_manager_that_it_fills_best() -> None:
    run = Run(x=4, y=2)
    assert choose_slots(run.state, 2) == [(Y, 0), (Y, 1)]
    assert choose_slots(run.state, 3) == [(X, 0), (X, 1), (X, 2)]
    assert choose_slots(run.state, 5) == [(X, 0), (X, 1), (X, 2), (X, 3), (Y, 0)]
    assert choose_slots(run.state, 7) is None
