"""Every transition of a job's life, and what must hold after any sequence of events."""

from __future__ import annotations

import random

import pytest

from flinkette.cluster.job_machine import (
    CancelWanted,
    Event,
    Instruction,
    JobPhase,
    JobState,
    Kill,
    Overdue,
    Tell,
    WorkerClosed,
    WorkerFailed,
    WorkerLost,
    WorkerReached,
    advance,
)


def run(num_workers: int, *events: Event) -> tuple[JobState, list[Instruction]]:
    state = JobState.start(num_workers)
    told: list[Instruction] = []
    for event in events:
        state, instructions = advance(state, event)
        told += instructions
    return state, told


def everyone(num_workers: int, phase: JobPhase) -> list[Event]:
    return [WorkerReached(worker, phase) for worker in range(num_workers)]


DEPLOYED = everyone(2, JobPhase.DEPLOYING)
ENDED = everyone(2, JobPhase.RUNNING)
COMMITTED = everyone(2, JobPhase.COMMITTING)


def test_a_job_runs_when_all_are_deployed_and_commits_when_all_have_ended() -> None:
    assert run(2, DEPLOYED[0])[0].phase is JobPhase.DEPLOYING
    assert run(2, *DEPLOYED)[1] == [Tell.RUN]
    state, told = run(2, *DEPLOYED, ENDED[1])
    assert (state.phase, told) == (JobPhase.RUNNING, [Tell.RUN])
    state, told = run(2, *DEPLOYED, *ENDED)
    assert (state.phase, told) == (JobPhase.COMMITTING, [Tell.RUN, Tell.COMMIT])
    state, told = run(2, *DEPLOYED, *ENDED, *COMMITTED)
    assert (state.phase, told) == (JobPhase.FINISHED, [Tell.RUN, Tell.COMMIT])


@pytest.mark.parametrize(
    "before", [[], DEPLOYED, [*DEPLOYED, *ENDED]], ids=["deploy", "run", "commit"]
)
def test_after_a_failure_the_others_close_without_committing(before: list[Event]) -> None:
    state, told = run(2, *before, WorkerFailed(0))
    assert (state.phase, told[-1]) == (JobPhase.STOPPING, Tell.CANCEL)
    state, _ = run(2, *before, WorkerFailed(0), WorkerClosed(0))
    assert state.phase is JobPhase.STOPPING
    state, told = run(2, *before, WorkerFailed(0), WorkerClosed(0), WorkerClosed(1))
    assert (state.phase, state.reason) == (JobPhase.FAILED, 0)
    assert told.count(Tell.CANCEL) == 1


def test_the_reason_is_what_explains_the_rest() -> None:
    state, _ = run(
        2, *DEPLOYED, WorkerFailed(0, is_consequence=True), WorkerLost(1), WorkerClosed(0)
    )
    assert (state.phase, state.reason) == (JobPhase.FAILED, 1)
    state, _ = run(2, *DEPLOYED, WorkerFailed(0), WorkerFailed(1), WorkerClosed(0), WorkerClosed(1))
    assert state.reason == 0
    state, _ = run(2, *DEPLOYED, WorkerFailed(0, is_consequence=True), WorkerFailed(1))
    assert state.reason == 1


def test_who_does_not_answer_explains_a_lost_connection_better_than_nothing() -> None:
    broken = [*DEPLOYED, WorkerFailed(0, is_consequence=True), WorkerClosed(0)]
    state, told = run(2, *broken, Overdue())
    assert (state.phase, state.reason, told[-1]) == (JobPhase.FAILED, 1, Kill(frozenset({1})))
    assert run(2, *broken, WorkerFailed(1), Overdue())[0].reason == 1
    assert run(2, *DEPLOYED, CancelWanted(), Overdue())[0].phase is JobPhase.CANCELED


def test_nobody_is_deployed_before_the_listeners_listen() -> None:
    state = JobState.start(3, listeners=[0, 1])
    assert (state.phase, state.waiting_for) == (JobPhase.LISTENING, {0, 1})
    state, told = advance(state, WorkerReached(1, JobPhase.LISTENING))
    assert (state.phase, told) == (JobPhase.LISTENING, ())
    state, told = advance(state, WorkerReached(0, JobPhase.LISTENING))
    assert (state.phase, state.waiting_for) == (JobPhase.DEPLOYING, {0, 1, 2})
    assert told == (Tell.DEPLOY,)


def test_a_worker_that_has_committed_may_go_before_the_others() -> None:
    state, _ = run(2, *DEPLOYED, *ENDED, COMMITTED[0], WorkerLost(0))
    assert (state.phase, state.alive) == (JobPhase.COMMITTING, {1})
    assert advance(state, COMMITTED[1])[0].phase is JobPhase.FINISHED
    failed, _ = run(2, *DEPLOYED, *ENDED, COMMITTED[0], WorkerFailed(1), WorkerClosed(1))
    assert failed.phase is JobPhase.FAILED


def test_a_worker_that_had_committed_when_it_was_told_to_stop_is_not_waited_for() -> None:
    committing = (*DEPLOYED, *ENDED, COMMITTED[0])
    state, told = run(2, *committing, CancelWanted(), COMMITTED[1])
    assert (state.phase, told[-1]) == (JobPhase.CANCELED, Tell.CANCEL)
    state, _ = run(2, *DEPLOYED, *ENDED, CancelWanted(), COMMITTED[0], WorkerClosed(1))
    assert state.phase is JobPhase.CANCELED


def test_a_cancelled_job_ends_when_all_have_closed() -> None:
    state, told = run(
        2, *DEPLOYED, CancelWanted(), CancelWanted(), WorkerClosed(0), WorkerClosed(1)
    )
    assert (state.phase, state.reason) == (JobPhase.CANCELED, None)
    assert told == [Tell.RUN, Tell.CANCEL]


def test_channels_that_break_while_a_job_is_cancelled_are_no_failure() -> None:
    broken = WorkerFailed(1, is_consequence=True)
    state, _ = run(2, *DEPLOYED, CancelWanted(), WorkerClosed(0), broken, WorkerClosed(1))
    assert (state.phase, state.reason) == (JobPhase.CANCELED, None)


def test_who_does_not_close_in_time_is_killed() -> None:
    state, told = run(2, *DEPLOYED, WorkerFailed(0), WorkerClosed(0), Overdue())
    assert (state.phase, told[-1]) == (JobPhase.FAILED, Kill(frozenset({1})))
    assert run(2, *DEPLOYED, Overdue())[1] == [Tell.RUN]


def test_a_lost_worker_is_not_waited_for() -> None:
    state, told = run(1, WorkerLost(0))
    assert (state.phase, told) == (JobPhase.FAILED, [Tell.CANCEL])


def test_words_that_come_too_late_change_nothing() -> None:
    final, _ = run(2, *DEPLOYED, *ENDED, *COMMITTED)
    late = (WorkerLost(0), WorkerFailed(1), CancelWanted(), Overdue(), *ENDED)
    for event in late:
        assert advance(final, event) == (final, ())
    stopping, _ = run(2, *DEPLOYED, CancelWanted())
    assert advance(stopping, ENDED[0]) == (stopping, ())
    assert run(2, *DEPLOYED, DEPLOYED[0])[0].phase is JobPhase.RUNNING


@pytest.mark.parametrize("seed", range(300))
def test_any_order_of_events_ends_in_one_outcome(seed: int) -> None:
    chance = random.Random(seed)
    num_workers = chance.randint(1, 4)
    listeners = [worker for worker in range(num_workers) if chance.random() < 0.3]
    state = JobState.start(num_workers, listeners)
    told: list[Instruction] = []
    reached = dict.fromkeys(range(num_workers), state.phase)
    closed: set[int] = set()
    while not state.phase.is_final:
        worker = chance.randrange(num_workers)
        events: list[Event] = [WorkerReached(worker, reached[worker])]
        if Tell.CANCEL in told:
            events = [WorkerClosed(worker)]
        if chance.random() < 0.05:
            events = [
                chance.choice([WorkerFailed(worker), WorkerLost(worker), CancelWanted(), Overdue()])
            ]
        if isinstance(events[0], WorkerReached) and reached[worker] is not state.phase:
            continue  # it waits for the word to go on
        before = state
        state, instructions = advance(state, events[0])
        told += instructions
        assert state.alive <= before.alive, seed
        assert state.waiting_for <= state.alive, seed
        if state.phase in (JobPhase.DEPLOYING, JobPhase.RUNNING, JobPhase.COMMITTING):
            reached = dict.fromkeys(range(num_workers), state.phase)
        closed |= before.alive - state.alive
    if state.phase is JobPhase.FINISHED:
        assert told == [*[Tell.DEPLOY] * bool(listeners), Tell.RUN, Tell.COMMIT], seed
    else:
        assert Tell.CANCEL in told, seed
        assert closed == set(range(num_workers)), seed
    assert (state.phase is JobPhase.FAILED) == (state.reason is not None), seed
