"""Every transition of the dispatcher, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flinkette.cluster.dispatcher_events import (
    CancelJob,
    CancelRequested,
    DispatcherEvent,
    DispatcherInstruction,
    ForgetJob,
    JobEnded,
    JobFailing,
    JobPlanned,
    JobRestarting,
    JobStarted,
    JobSubmitted,
    NotifySlotsLost,
    PlanFailed,
    PlanJob,
    PublishStatus,
    PublishSummary,
    ReleaseSlots,
    RequestSlots,
    SlotCountsChanged,
    SlotsGranted,
    SlotsLost,
    SlotsRefused,
    StartJob,
    Tick,
)
from flinkette.cluster.dispatcher_machine import next_deadline_ms, on_event
from flinkette.cluster.dispatcher_state import DispatcherOptions, DispatcherState, JobPhase
from flinkette.cluster.identifiers import AllocationId, Attempt, JobId, SlotAddress, TaskManagerId
from flinkette.cluster.job_queue import waiting_text
from flinkette.contracts.job import JobStatus
from flinkette.metrics.figures import JobFigures

A, B, C = JobId("a" * 32), JobId("b" * 32), JobId("c" * 32)
FIRST, SECOND = Attempt(1), Attempt(2)


def slots(*allocations: int) -> tuple[SlotAddress, ...]:
    return tuple(SlotAddress(TaskManagerId("tm"), 1, n, AllocationId(n)) for n in allocations)


class Run:
    """A dispatcher that is told events one after the other."""

    def __init__(self, total: int = 4, free: int | None = None, **options: int) -> None:
        self.now_ms = 1000
        self.state = DispatcherState(DispatcherOptions(**options))
        self.tell(SlotCountsChanged(self.now_ms, total, total if free is None else free))

    def tell(self, event: DispatcherEvent) -> list[DispatcherInstruction]:
        self.state, instructions = on_event(self.state, event)
        return instructions

    def queue(self, job_id: JobId, needed: int, **how: object) -> list[DispatcherInstruction]:
        self.tell(JobSubmitted(self.now_ms, job_id, f"job {job_id[0]}", **how))
        return self.tell(JobPlanned(self.now_ms, job_id, needed))

    def start(self, job_id: JobId, needed: int, **how: object) -> None:
        assert self.queue(job_id, needed, **how) == [RequestSlots(job_id, FIRST, needed)]
        self.tell(SlotsGranted(self.now_ms, job_id, FIRST, slots(*range(needed))))

    def run(self, job_id: JobId, needed: int = 1, **how: object) -> None:
        self.start(job_id, needed, **how)
        self.tell(JobStarted(self.now_ms, job_id, FIRST))

    def phase(self, job_id: JobId) -> JobPhase:
        return self.state.jobs[job_id].phase

    def status(self, job_id: JobId) -> JobStatus:
        return self.state.jobs[job_id].status


def test_a_submitted_job_is_planned() -> None:
    run = Run()
    assert run.tell(JobSubmitted(1000, A, "words")) == [
        PublishStatus(A, JobStatus.CREATED),
        PlanJob(A),
    ]
    assert run.phase(A) is JobPhase.PLANNING


def test_a_job_that_is_submitted_twice_is_taken_once() -> None:
    run = Run()
    run.tell(JobSubmitted(1000, A, "words"))
    assert run.tell(JobSubmitted(1000, A, "words")) == []


def test_a_planned_job_asks_for_its_slots_when_they_are_free() -> None:
    run = Run(total=4)
    assert run.queue(A, 3) == [RequestSlots(A, FIRST, 3)]
    assert run.phase(A) is JobPhase.ALLOCATING
    assert run.state.free_slots == 1


def test_a_job_that_cannot_be_planned_fails() -> None:
    run = Run()
    run.tell(JobSubmitted(1000, A, "words"))
    published, summed_up = run.tell(PlanFailed(1500, A, "no source"))
    assert published == PublishStatus(A, JobStatus.FAILED, "no source")
    assert isinstance(summed_up, PublishSummary)
    assert summed_up.summary.reason == "no source"
    assert run.phase(A) is JobPhase.FAILED


def test_a_job_with_its_slots_starts_and_runs() -> None:
    run = Run()
    run.queue(A, 2)
    assert run.tell(SlotsGranted(1200, A, FIRST, slots(0, 1))) == [StartJob(A, FIRST, slots(0, 1))]
    assert (run.phase(A), run.status(A)) == (JobPhase.STARTING, JobStatus.CREATED)
    assert run.tell(JobStarted(1300, A, FIRST)) == [PublishStatus(A, JobStatus.RUNNING)]


def test_a_finished_job_is_summed_up_and_its_slots_go_back() -> None:
    run = Run()
    run.queue(A, 2)
    run.tell(SlotsGranted(1200, A, FIRST, slots(0, 1)))
    run.tell(JobStarted(1300, A, FIRST))
    figures = JobFigures(rows_in=7)
    published, summed_up, released = run.tell(
        JobEnded(5300, A, FIRST, JobStatus.FINISHED, figures=figures)
    )
    assert published == PublishStatus(A, JobStatus.FINISHED)
    assert released == ReleaseSlots(A, FIRST)
    assert isinstance(summed_up, PublishSummary)
    summary = summed_up.summary
    assert (summary.waited_ms, summary.ran_ms, summary.slots, summary.attempts) == (200, 4000, 2, 1)
    assert summary.figures is figures


def test_a_job_waits_for_slots_and_says_so() -> None:
    run = Run(total=4, free=1)
    assert run.queue(A, 3) == []
    job = run.state.jobs[A]
    assert waiting_text(run.state, job, 1000) == "waiting for 3 slots, 1 free"
    assert run.tell(SlotCountsChanged(1100, 4, 3)) == [RequestSlots(A, FIRST, 3)]


def test_a_job_that_was_refused_slots_says_why_it_waits_again() -> None:
    run = Run(total=4, free=4)
    run.queue(A, 3)
    run.tell(SlotsRefused(1000, A, FIRST, "task manager x does not answer"))
    run.tell(SlotCountsChanged(1000, 4, 0))
    assert waiting_text(run.state, run.state.jobs[A], 1000) == (
        "waiting for 3 slots, 0 free; before that: task manager x does not answer"
    )


def test_a_job_larger_than_the_cluster_says_what_is_missing() -> None:
    run = Run(total=1)
    run.queue(A, 3)
    assert waiting_text(run.state, run.state.jobs[A], 1000) == (
        "waiting for 3 slots, 1 free; the cluster has 1 slot: start more task managers"
    )


def test_a_small_job_does_not_overtake_one_that_the_cluster_can_serve() -> None:
    run = Run(total=4, free=1)
    assert run.queue(A, 3) == []
    assert run.queue(B, 1) == []
    assert waiting_text(run.state, run.state.jobs[B], 1000).endswith("; 1 job ahead")
    assert run.tell(SlotCountsChanged(1100, 4, 4)) == [
        RequestSlots(A, FIRST, 3),
        RequestSlots(B, FIRST, 1),
    ]


def test_a_small_job_overtakes_one_that_is_larger_than_the_cluster() -> None:
    run = Run(total=2)
    assert run.queue(A, 3) == []
    assert run.queue(B, 1) == [RequestSlots(B, FIRST, 1)]


def test_a_higher_priority_goes_first() -> None:
    run = Run(total=1, free=0)
    run.queue(A, 1)
    run.queue(B, 1, priority=5)
    assert run.tell(SlotCountsChanged(1100, 1, 1)) == [RequestSlots(B, FIRST, 1)]


def test_the_share_group_with_fewer_slots_goes_first() -> None:
    run = Run(total=4)
    run.run(A, 2, share_group="red")
    run.tell(SlotCountsChanged(1000, 4, 0))
    run.queue(B, 1, share_group="red")
    run.queue(C, 1, share_group="blue")
    assert run.tell(SlotCountsChanged(1100, 4, 1)) == [RequestSlots(C, FIRST, 1)]


def test_a_job_that_waits_too_long_fails_and_says_what_to_do() -> None:
    run = Run(total=1, slot_request_timeout_ms=60_000)
    run.queue(A, 2)
    assert next_deadline_ms(run.state, 1000) == 61_000
    assert run.tell(Tick(60_999)) == []
    published, _ = run.tell(Tick(61_000))
    assert published == PublishStatus(
        A,
        JobStatus.FAILED,
        "job 'job a' needs 2 slots and did not get them within 60 s (slot.request.timeout): the "
        "cluster has 1, 1 free. Start more task managers, lower the parallelism, or raise "
        "slot.request.timeout.",
    )
    assert next_deadline_ms(run.state, 61_000) is None


def test_a_refused_job_waits_again_until_the_numbers_are_told() -> None:
    run = Run(total=2)
    run.queue(A, 2)
    assert run.tell(SlotsRefused(1100, A, FIRST, "tm-1 is lost")) == []
    assert run.phase(A) is JobPhase.QUEUED
    assert run.tell(SlotCountsChanged(1100, 2, 2)) == [RequestSlots(A, FIRST, 2)]


def test_a_job_is_cancelled_while_it_is_planned() -> None:
    run = Run()
    run.tell(JobSubmitted(1000, A, "words"))
    published, _ = run.tell(CancelRequested(1100, A))
    assert published == PublishStatus(A, JobStatus.CANCELED)
    assert run.tell(JobPlanned(1200, A, 1)) == []
    assert run.tell(PlanFailed(1200, A, "late")) == []


def test_a_job_is_cancelled_while_it_waits() -> None:
    run = Run(total=1)
    run.queue(A, 2)
    published, summed_up = run.tell(CancelRequested(1500, A))
    assert published == PublishStatus(A, JobStatus.CANCELED)
    assert isinstance(summed_up, PublishSummary)
    assert (summed_up.summary.waited_ms, summed_up.summary.ran_ms) == (500, 0)


def test_a_job_that_is_cancelled_while_it_gets_slots_gives_them_back() -> None:
    run = Run()
    run.queue(A, 2)
    assert run.tell(CancelRequested(1100, A))[-1] == ReleaseSlots(A, FIRST)
    assert run.phase(A) is JobPhase.CANCELED
    # they were granted before the release arrived
    assert run.tell(SlotsGranted(1200, A, FIRST, slots(0, 1))) == [ReleaseSlots(A, FIRST)]
    assert run.tell(SlotsRefused(1200, A, FIRST, "late")) == []


@pytest.mark.parametrize("phase", [JobPhase.STARTING, JobPhase.RUNNING, JobPhase.FAILING])
def test_a_job_on_its_slots_is_stopped_before_it_is_cancelled(phase: JobPhase) -> None:
    run = Run()
    run.start(A, 1)
    if phase is not JobPhase.STARTING:
        run.tell(JobStarted(1000, A, FIRST))
    if phase is JobPhase.FAILING:
        run.tell(JobFailing(1000, A, FIRST, "boom"))
    assert run.phase(A) is phase
    published, ordered = run.tell(CancelRequested(1100, A))
    assert isinstance(published, PublishStatus)
    assert published.status is JobStatus.CANCELLING
    assert ordered == CancelJob(A, FIRST)
    assert run.tell(CancelRequested(1100, A)) == []
    ended = run.tell(JobEnded(1200, A, FIRST, JobStatus.CANCELED))
    assert ended[0] == PublishStatus(A, JobStatus.CANCELED)
    assert ended[-1] == ReleaseSlots(A, FIRST)


def test_a_job_that_breaks_while_it_is_stopped_is_cancelled() -> None:
    run = Run()
    run.run(A)
    run.tell(CancelRequested(1100, A))
    run.tell(JobEnded(1200, A, FIRST, JobStatus.FAILED, "worker lost"))
    assert run.phase(A) is JobPhase.CANCELED


def test_a_job_that_ends_before_the_order_to_stop_reaches_it_is_finished() -> None:
    run = Run()
    run.run(A)
    run.tell(CancelRequested(1100, A))
    run.tell(JobEnded(1200, A, FIRST, JobStatus.FINISHED))
    assert run.phase(A) is JobPhase.FINISHED


def test_cancelling_what_is_over_or_unknown_does_nothing() -> None:
    run = Run()
    run.run(A)
    run.tell(JobEnded(1200, A, FIRST, JobStatus.FINISHED))
    assert run.tell(CancelRequested(1300, A)) == []
    assert run.tell(CancelRequested(1300, B)) == []


@pytest.mark.parametrize("has_started", [False, True])
def test_a_failing_job_is_failed_when_its_subtasks_are_stopped(has_started: bool) -> None:
    run = Run()
    run.start(A, 1)
    if has_started:
        run.tell(JobStarted(1000, A, FIRST))
    assert run.tell(JobFailing(1100, A, FIRST, "boom")) == [
        PublishStatus(A, JobStatus.FAILING, "boom")
    ]
    ended = run.tell(JobEnded(1200, A, FIRST, JobStatus.FAILED))
    assert ended[0] == PublishStatus(A, JobStatus.FAILED, "boom")


def test_a_job_is_told_which_slots_it_lost() -> None:
    run = Run()
    run.run(A, 2)
    assert run.tell(SlotsLost(1100, A, FIRST, slots(1), "tm is lost")) == [
        NotifySlotsLost(A, FIRST, slots(1), "tm is lost")
    ]
    assert run.state.jobs[A].slots == slots(0)


def test_a_job_that_restarts_gives_its_slots_back_and_waits_for_new_ones() -> None:
    run = Run(total=2)
    run.run(A, 2)
    assert run.tell(JobRestarting(1100, A, FIRST, "tm is lost", 500)) == [
        PublishStatus(A, JobStatus.RESTARTING, "tm is lost"),
        ReleaseSlots(A, FIRST),
    ]
    assert run.tell(SlotCountsChanged(1200, 2, 2)) == []
    assert waiting_text(run.state, run.state.jobs[A], 1200) == "restarts in 0.4 s: tm is lost"
    assert next_deadline_ms(run.state, 1200) == 1600
    assert run.tell(Tick(1600)) == [RequestSlots(A, SECOND, 2)]
    run.tell(SlotsGranted(1700, A, SECOND, slots(5, 6)))
    run.tell(JobStarted(1800, A, SECOND))
    summed_up = run.tell(JobEnded(2000, A, SECOND, JobStatus.FINISHED))[1]
    assert isinstance(summed_up, PublishSummary)
    assert (summed_up.summary.attempts, summed_up.summary.ran_ms) == (2, 1000)


def test_a_job_that_restarts_waits_for_time_but_not_for_a_time_that_has_passed() -> None:
    run = Run(total=2, slot_request_timeout_ms=10_000)
    run.run(A, 2)
    run.tell(JobRestarting(1100, A, FIRST, "tm is lost", 500))
    run.tell(SlotCountsChanged(1200, 0, 0))
    run.tell(Tick(1600))
    assert next_deadline_ms(run.state, 1600) == 11_600


def test_a_job_that_was_being_cancelled_does_not_restart() -> None:
    run = Run()
    run.run(A)
    run.tell(CancelRequested(1100, A))
    run.tell(JobRestarting(1200, A, FIRST, "tm is lost"))
    assert run.phase(A) is JobPhase.CANCELED


STALE: list[DispatcherEvent] = [
    JobStarted(1500, A, FIRST),
    JobFailing(1500, A, FIRST, "old"),
    JobRestarting(1500, A, FIRST, "old"),
    JobEnded(1500, A, FIRST, JobStatus.FAILED, "old"),
    SlotsLost(1500, A, FIRST, slots(0), "old"),
    SlotsRefused(1500, A, FIRST, "old"),
]


@pytest.mark.parametrize("event", STALE, ids=lambda event: type(event).__name__)
def test_messages_of_an_older_attempt_are_dropped(event: DispatcherEvent) -> None:
    run = Run()
    run.run(A)
    run.tell(JobRestarting(1100, A, FIRST, "tm is lost"))
    run.tell(SlotCountsChanged(1100, 4, 4))
    run.tell(SlotsGranted(1200, A, SECOND, slots(3)))
    before = run.state
    assert run.tell(event) == []
    assert run.state == before


@pytest.mark.parametrize("event", STALE, ids=lambda event: type(event).__name__)
def test_messages_about_a_job_that_is_over_are_dropped(event: DispatcherEvent) -> None:
    run = Run()
    run.run(A)
    run.tell(JobEnded(1200, A, FIRST, JobStatus.FINISHED))
    before = run.state
    assert run.tell(event) == []
    assert run.state == before


@pytest.mark.parametrize("event", STALE, ids=lambda event: type(event).__name__)
def test_messages_about_a_job_nobody_knows_are_dropped(event: DispatcherEvent) -> None:
    run = Run()
    assert run.tell(replace(event, job_id=B)) == []


def test_slots_granted_to_an_older_attempt_go_back() -> None:
    run = Run()
    run.run(A)
    run.tell(JobRestarting(1100, A, FIRST, "tm is lost"))
    assert run.tell(SlotsGranted(1200, A, FIRST, slots(3))) == [ReleaseSlots(A, FIRST)]


def test_only_the_latest_jobs_that_are_over_are_remembered() -> None:
    run = Run(kept_jobs=1)
    run.tell(JobSubmitted(1000, A, "a"))
    run.tell(JobSubmitted(1000, B, "b"))
    run.tell(JobSubmitted(1000, C, "c"))
    run.tell(CancelRequested(1100, B))
    assert run.tell(CancelRequested(1200, A))[-1] == ForgetJob(B)
    assert set(run.state.jobs) == {A, C}
