"""Any order of events: no slot is promised twice, every job ends or waits with a reason."""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from flinkette.cluster.dispatcher_events import (
    CancelJob,
    CancelRequested,
    DispatcherEvent,
    JobEnded,
    JobFailing,
    JobPlanned,
    JobRestarting,
    JobStarted,
    JobSubmitted,
    PlanFailed,
    PlanJob,
    PublishSummary,
    ReleaseSlots,
    RequestSlots,
    SlotCountsChanged,
    SlotsGranted,
    SlotsRefused,
    StartJob,
    Tick,
)
from flinkette.cluster.dispatcher_machine import next_deadline_ms, on_event
from flinkette.cluster.dispatcher_state import DispatcherOptions, DispatcherState, JobPhase
from flinkette.cluster.identifiers import AllocationId, Attempt, JobId, SlotAddress, TaskManagerId
from flinkette.cluster.job_queue import waiting_text
from flinkette.contracts.job import JobStatus

TIMEOUT_MS = 5000
ENDS = [JobStatus.FINISHED, JobStatus.FAILED, JobStatus.CANCELED]


class DispatcherModel(RuleBasedStateMachine):
    """A dispatcher beside a plain count of who was promised what."""

    def __init__(self) -> None:
        super().__init__()
        self.state = DispatcherState(DispatcherOptions(TIMEOUT_MS, kept_jobs=1000))
        self.now_ms = 1
        self.total = 0
        self.to_plan: list[JobId] = []
        self.asked: dict[tuple[JobId, Attempt], int] = {}  # not answered yet
        self.held: dict[tuple[JobId, Attempt], int] = {}
        self.on_slots: set[tuple[JobId, Attempt]] = set()
        self.to_stop: set[tuple[JobId, Attempt]] = set()
        self.summaries: Counter[JobId] = Counter()

    def tell(self, event: DispatcherEvent) -> None:
        self.state, instructions = on_event(self.state, event)
        for order in instructions:
            match order:
                case PlanJob(job_id):
                    self.to_plan.append(job_id)
                case RequestSlots(job_id, attempt, count):
                    assert (job_id, attempt) not in self.asked
                    self.asked[job_id, attempt] = count
                case ReleaseSlots(job_id, attempt):
                    self.asked.pop((job_id, attempt), None)
                    self.held.pop((job_id, attempt), None)
                    self.on_slots.discard((job_id, attempt))
                case StartJob(job_id, attempt, slots):
                    assert len(slots) == self.held[job_id, attempt]
                    self.on_slots.add((job_id, attempt))
                case CancelJob(job_id, attempt):
                    assert (job_id, attempt) in self.on_slots
                    self.to_stop.add((job_id, attempt))
                case PublishSummary(summary):
                    self.summaries[summary.job_id] += 1

    @property
    def free(self) -> int:
        return self.total - sum(self.asked.values()) - sum(self.held.values())

    def tell_counts(self) -> None:
        self.tell(SlotCountsChanged(self.now_ms, self.total, max(0, self.free)))

    def one_of(self, data: st.DataObject, values: set[tuple[JobId, Attempt]]):
        return data.draw(st.sampled_from(sorted(values)))

    @rule(priority=st.integers(0, 2), group=st.sampled_from("rg"))
    def submit(self, priority: int, group: str) -> None:
        job_id = JobId(f"{self.state.next_sequence:032x}")
        self.tell(JobSubmitted(self.now_ms, job_id, "job", priority, group))

    @precondition(lambda self: self.to_plan)
    @rule(slots=st.integers(0, 4))
    def plan(self, slots: int) -> None:
        job_id = self.to_plan.pop(0)
        self.tell(
            JobPlanned(self.now_ms, job_id, slots)
            if slots
            else PlanFailed(self.now_ms, job_id, "no source")
        )

    @rule(total=st.integers(0, 6))
    def nodes_come_and_go(self, total: int) -> None:
        self.total = total
        self.tell_counts()

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), is_granted=st.booleans())
    def answer(self, data: st.DataObject, is_granted: bool) -> None:
        key = self.one_of(data, set(self.asked))
        count = self.asked.pop(key)
        if is_granted:
            self.held[key] = count
            slots = tuple(
                SlotAddress(TaskManagerId("tm"), 1, n, AllocationId(n)) for n in range(count)
            )
            self.tell(SlotsGranted(self.now_ms, *key, slots))
        else:
            self.tell(SlotsRefused(self.now_ms, *key, "lost"))
            self.tell_counts()

    @precondition(lambda self: self.on_slots)
    @rule(data=st.data(), what=st.sampled_from(["started", "failing", "restarting", *ENDS]))
    def job_says(self, data: st.DataObject, what: str | JobStatus) -> None:
        key = self.one_of(data, self.on_slots)
        if isinstance(what, JobStatus):
            self.tell(JobEnded(self.now_ms, *key, what))
        elif what == "started":
            self.tell(JobStarted(self.now_ms, *key))
        elif what == "failing":
            self.tell(JobFailing(self.now_ms, *key, "boom"))
        else:
            self.tell(JobRestarting(self.now_ms, *key, "boom", 100))
        self.tell_counts()

    @precondition(lambda self: self.state.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(sorted(self.state.jobs)))
        self.tell(CancelRequested(self.now_ms, job_id))
        self.tell_counts()

    @rule(by_ms=st.integers(1, 3000))
    def time_passes(self, by_ms: int) -> None:
        self.now_ms += by_ms
        self.tell(Tick(self.now_ms))

    @invariant()
    def no_slot_is_asked_for_that_is_not_there(self) -> None:
        assert self.state.free_slots >= 0

    @invariant()
    def what_the_dispatcher_says_a_job_holds_is_what_it_holds(self) -> None:
        expected = {**self.asked, **self.held}
        found = {
            (job.job_id, job.attempt): job.slots_held
            for job in self.state.jobs.values()
            if job.slots_held
        }
        assert found == expected

    @invariant()
    def every_job_is_over_or_somebody_is_to_do_something_about_it(self) -> None:
        for job in self.state.jobs.values():
            key = (job.job_id, job.attempt)
            assert self.summaries[job.job_id] == int(job.phase.is_over)
            if job.phase is JobPhase.PLANNING:
                assert job.job_id in self.to_plan
            elif job.phase is JobPhase.QUEUED:
                assert waiting_text(self.state, job, self.now_ms)
                assert next_deadline_ms(self.state, self.now_ms) is not None
            elif job.phase is JobPhase.ALLOCATING:
                assert key in self.asked
            elif job.phase.is_deployed:
                assert key in self.on_slots

    def teardown(self) -> None:
        """When slots come and all jobs end, nothing is left."""
        for _ in range(len(self.state.jobs) * 3 + 3):
            while self.to_plan:
                self.tell(JobPlanned(self.now_ms, self.to_plan.pop(0), 1))
            self.total = 100
            self.tell_counts()
            for key, count in list(self.asked.items()):
                del self.asked[key]
                self.held[key] = count
                slots = tuple(
                    SlotAddress(TaskManagerId("tm"), 1, n, AllocationId(n)) for n in range(count)
                )
                self.tell(SlotsGranted(self.now_ms, *key, slots))
            for key in list(self.on_slots):
                self.tell(JobEnded(self.now_ms, *key, JobStatus.FINISHED))
            self.now_ms += 200
        assert all(job.phase.is_over for job in self.state.jobs.values())
        assert not self.asked
        assert not self.held


TestDispatcher = DispatcherModel.TestCase
