"""Decides what happens to jobs: submit, plan, queue, run, sum up, release.

    PLANNING ─► QUEUED ─► ALLOCATING ─► STARTING ─► RUNNING ─► FINISHED
                  ▲ ▲          │            │          │
                  │ └ refused ─┘            └────┬─────┘
                  └────────────── restarting ────┤
                                                 ├─► FAILING ────► FAILED
                                                 └─► CANCELLING ─► CANCELED

A job that is cancelled before it has slots is CANCELED at once; one that waits longer than
`slot.request.timeout` is FAILED. Nothing here knows a clock: events carry the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

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
from flinkette.cluster.dispatcher_state import DispatcherState, Job, JobPhase, summary_of
from flinkette.cluster.identifiers import Attempt, JobId
from flinkette.cluster.job_queue import next_job, request_deadline_ms, waiting_jobs
from flinkette.contracts.job import JobStatus

__all__ = ["next_deadline_ms", "on_event"]

Step: TypeAlias = tuple[DispatcherState, list[DispatcherInstruction]]

_PHASE_OF_END = {
    JobStatus.FINISHED: JobPhase.FINISHED,
    JobStatus.FAILED: JobPhase.FAILED,
    JobStatus.CANCELED: JobPhase.CANCELED,
}


def on_event(state: DispatcherState, event: DispatcherEvent) -> Step:
    """Take one event, return the new state and what is to be done, in this order."""
    state, instructions = _HANDLERS[type(event)](state, event)
    state, late = _give_up(state, event.now_ms)
    state, admitted = _admit(state, event.now_ms)
    return state, [*instructions, *late, *admitted]


def next_deadline_ms(state: DispatcherState, now_ms: int) -> int | None:
    """Return when a `Tick` is due at the latest, None if nothing waits for time."""
    waiting = waiting_jobs(state)
    restarts = [job.not_before_ms for job in waiting if job.not_before_ms > now_ms]
    return min([*restarts, *(request_deadline_ms(state, job) for job in waiting)], default=None)


def _submitted(state: DispatcherState, event: JobSubmitted) -> Step:
    if event.job_id in state.jobs:
        return state, []  # the client asked again: its first answer was lost
    job = Job(
        event.job_id,
        event.name,
        state.next_sequence,
        event.now_ms,
        event.priority,
        event.share_group,
    )
    state = replace(state.with_job(job), next_sequence=state.next_sequence + 1)
    return state, [PublishStatus(job.job_id, job.status), PlanJob(job.job_id)]


def _planned(state: DispatcherState, event: JobPlanned) -> Step:
    job = state.jobs.get(event.job_id)
    if job is None or job.phase is not JobPhase.PLANNING:
        return state, []  # cancelled meanwhile
    job = replace(
        job, phase=JobPhase.QUEUED, slots_needed=max(1, event.slots), queued_ms=event.now_ms
    )
    return state.with_job(job), []


def _plan_failed(state: DispatcherState, event: PlanFailed) -> Step:
    job = state.jobs.get(event.job_id)
    if job is None or job.phase is not JobPhase.PLANNING:
        return state, []
    return _end(state, job, JobPhase.FAILED, event.now_ms, event.reason)


def _counts_changed(state: DispatcherState, event: SlotCountsChanged) -> Step:
    return replace(state, total_slots=event.total, free_slots=event.free), []


def _granted(state: DispatcherState, event: SlotsGranted) -> Step:
    job = _current(state, event.job_id, event.attempt)
    if job is None or job.phase is not JobPhase.ALLOCATING:
        return state, [ReleaseSlots(event.job_id, event.attempt)]
    job = replace(
        job,
        phase=JobPhase.STARTING,
        slots=event.slots,
        waited_ms=job.waited_ms + event.now_ms - job.queued_ms,
    )
    return state.with_job(job), [StartJob(job.job_id, job.attempt, job.slots)]


def _refused(state: DispatcherState, event: SlotsRefused) -> Step:
    job = _current(state, event.job_id, event.attempt)
    if job is None or job.phase is not JobPhase.ALLOCATING:
        return state, []
    job = replace(job, phase=JobPhase.QUEUED, reason=event.reason)
    # nobody is served before the resource manager has told how many slots there really are
    return replace(state.with_job(job), free_slots=0), []


def _slots_lost(state: DispatcherState, event: SlotsLost) -> Step:
    job = _current(state, event.job_id, event.attempt)
    if job is None or not job.phase.is_deployed:
        return state, []
    lost = {slot.allocation for slot in event.slots}
    job = replace(job, slots=tuple(slot for slot in job.slots if slot.allocation not in lost))
    notice = NotifySlotsLost(job.job_id, job.attempt, event.slots, event.reason)
    return state.with_job(job), [notice]


def _started(state: DispatcherState, event: JobStarted) -> Step:
    job = _current(state, event.job_id, event.attempt)
    if job is None or job.phase is not JobPhase.STARTING:
        return state, []
    started_ms = event.now_ms if job.started_ms is None else job.started_ms
    return _change(state, replace(job, phase=JobPhase.RUNNING, started_ms=started_ms))


def _failing(state: DispatcherState, event: JobFailing) -> Step:
    job = _current(state, event.job_id, event.attempt)
    if job is None or job.phase not in (JobPhase.STARTING, JobPhase.RUNNING):
        return state, []
    return _change(state, replace(job, phase=JobPhase.FAILING, reason=event.reason))


def _restarting(state: DispatcherState, event: JobRestarting) -> Step:
    job = _current(state, event.job_id, event.attempt)
    if job is None or not job.phase.is_deployed:
        return state, []
    if job.phase is JobPhase.CANCELLING:
        return _end(state, job, JobPhase.CANCELED, event.now_ms, event.reason)
    released = ReleaseSlots(job.job_id, job.attempt)
    job = replace(
        job,
        phase=JobPhase.QUEUED,
        attempt=Attempt(job.attempt + 1),
        slots=(),
        queued_ms=event.now_ms,
        not_before_ms=event.now_ms + event.delay_ms,
        reason=event.reason,
    )
    state, published = _change(state, job)
    return state, [*published, released]


def _ended(state: DispatcherState, event: JobEnded) -> Step:
    job = _current(state, event.job_id, event.attempt)
    if job is None or not job.phase.is_deployed:
        return state, []
    phase = _PHASE_OF_END[event.status]
    if job.phase is JobPhase.CANCELLING and phase is JobPhase.FAILED:
        phase = JobPhase.CANCELED  # as in Flink: what breaks while being stopped was stopped
    reason = event.reason or (job.reason if phase is JobPhase.FAILED else "")
    return _end(state, replace(job, figures=event.figures), phase, event.now_ms, reason)


def _cancel_requested(state: DispatcherState, event: CancelRequested) -> Step:
    job = state.jobs.get(event.job_id)
    if job is None or job.phase.is_over or job.phase is JobPhase.CANCELLING:
        return state, []
    if not job.phase.is_deployed:
        return _end(state, job, JobPhase.CANCELED, event.now_ms, "")
    state, published = _change(state, replace(job, phase=JobPhase.CANCELLING))
    return state, [*published, CancelJob(job.job_id, job.attempt)]


def _tick(state: DispatcherState, _event: Tick) -> Step:
    return state, []


def _give_up(state: DispatcherState, now_ms: int) -> Step:
    """End the jobs that have waited too long."""
    instructions: list[DispatcherInstruction] = []
    for job in waiting_jobs(state):
        if request_deadline_ms(state, job) <= now_ms:
            state, ended = _end(state, job, JobPhase.FAILED, now_ms, _too_late_text(state, job))
            instructions += ended
    return state, instructions


def _admit(state: DispatcherState, now_ms: int) -> Step:
    """Ask for the slots of the jobs whose turn it is."""
    instructions: list[DispatcherInstruction] = []
    while (job := next_job(state, now_ms)) is not None:
        state = replace(
            state.with_job(replace(job, phase=JobPhase.ALLOCATING)),
            free_slots=state.free_slots - job.slots_needed,
        )
        instructions.append(RequestSlots(job.job_id, job.attempt, job.slots_needed))
    return state, instructions


def _current(state: DispatcherState, job_id: JobId, attempt: Attempt) -> Job | None:
    """Return the job if the message is about its present attempt."""
    job = state.jobs.get(job_id)
    return job if job is not None and job.attempt == attempt else None


def _change(state: DispatcherState, job: Job) -> Step:
    return state.with_job(job), [PublishStatus(job.job_id, job.status, job.reason)]


def _end(state: DispatcherState, job: Job, phase: JobPhase, now_ms: int, reason: str) -> Step:
    """End a job: publish, sum up, give its slots back, forget the oldest."""
    holds = job.slots_held > 0
    if job.phase in (JobPhase.QUEUED, JobPhase.ALLOCATING):
        job = replace(job, waited_ms=job.waited_ms + now_ms - job.queued_ms)
    job = replace(job, phase=phase, ended_ms=now_ms, reason=reason, slots=())
    state, instructions = _change(state, job)
    instructions.append(PublishSummary(summary_of(job)))
    if holds:
        instructions.append(ReleaseSlots(job.job_id, job.attempt))
    state, forgotten = _forget_oldest(state)
    return state, [*instructions, *forgotten]


def _forget_oldest(state: DispatcherState) -> Step:
    over = [job for job in state.jobs.values() if job.phase.is_over]
    over.sort(key=lambda job: (job.ended_ms or 0, job.sequence))
    forgotten = {job.job_id for job in over[: max(0, len(over) - state.options.kept_jobs)]}
    if not forgotten:
        return state, []
    kept = {job_id: job for job_id, job in state.jobs.items() if job_id not in forgotten}
    return replace(state, jobs=kept), [ForgetJob(job_id) for job_id in sorted(forgotten)]


def _too_late_text(state: DispatcherState, job: Job) -> str:
    timeout_s = state.options.slot_request_timeout_ms / 1000
    before = f" Before that: {job.reason}" if job.reason else ""
    return (
        f"job {job.name!r} needs {job.slots_needed} slots and did not get them within "
        f"{timeout_s:g} s (slot.request.timeout): the cluster has {state.total_slots}, "
        f"{state.free_slots} free. Start more task managers, lower the parallelism, or raise "
        f"slot.request.timeout.{before}"
    )


_HANDLERS: Mapping[type, Callable[[DispatcherState, Any], Step]] = {
    JobSubmitted: _submitted,
    JobPlanned: _planned,
    PlanFailed: _plan_failed,
    SlotCountsChanged: _counts_changed,
    SlotsGranted: _granted,
    SlotsRefused: _refused,
    SlotsLost: _slots_lost,
    JobStarted: _started,
    JobFailing: _failing,
    JobRestarting: _restarting,
    JobEnded: _ended,
    CancelRequested: _cancel_requested,
    Tick: _tick,
}
