"""Which waiting job is next, and what the others wait for. Pure functions over the state."""

from __future__ import annotations

from collections import Counter

from flinkette.cluster.dispatcher_state import DispatcherState, Job, JobPhase

__all__ = ["next_job", "request_deadline_ms", "waiting_jobs", "waiting_text"]


def waiting_jobs(state: DispatcherState) -> list[Job]:
    """Return the jobs that wait for slots, in the order in which they are to get them.

    A higher priority comes first; among equals the share group that holds fewest slots; then the
    order of submission.
    """
    held: Counter[str] = Counter()
    for job in state.jobs.values():
        held[job.share_group] += job.slots_held
    waiting = [job for job in state.jobs.values() if job.phase is JobPhase.QUEUED]
    return sorted(waiting, key=lambda job: (-job.priority, held[job.share_group], job.sequence))


def next_job(state: DispatcherState, now_ms: int) -> Job | None:
    """Return the job that gets its slots now, None if nobody does.

    A job that the cluster could serve when others end is not overtaken: small jobs would keep a
    large one waiting for ever. One that is larger than the whole cluster is: it waits for nodes.
    """
    for job in waiting_jobs(state):
        if job.not_before_ms > now_ms:
            continue
        if job.slots_needed <= state.free_slots:
            return job
        if job.slots_needed <= state.total_slots:
            return None
    return None


def request_deadline_ms(state: DispatcherState, job: Job) -> int:
    """Return when a waiting job gives up."""
    return max(job.queued_ms, job.not_before_ms) + state.options.slot_request_timeout_ms


def waiting_text(state: DispatcherState, job: Job, now_ms: int) -> str:
    """Say what a waiting job waits for."""
    if job.not_before_ms > now_ms:
        return f"restarts in {(job.not_before_ms - now_ms) / 1000:.1f} s: {job.reason}"
    text = f"waiting for {_slots(job.slots_needed)}, {state.free_slots} free"
    if job.slots_needed > state.total_slots:
        return f"{text}; the cluster has {_slots(state.total_slots)}: start more task managers"
    ahead = [other.job_id for other in waiting_jobs(state)].index(job.job_id)
    if ahead:
        text += f"; {ahead} {'job' if ahead == 1 else 'jobs'} ahead"
    return f"{text}; before that: {job.reason}" if job.reason else text


def _slots(count: int) -> str:
    return "1 slot" if count == 1 else f"{count} slots"
