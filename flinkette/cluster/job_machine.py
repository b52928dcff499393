"""The life of one job on several workers, as a pure state machine.

```
           all listen         all deployed         all ended          all committed
 LISTENING ─────────► DEPLOYING ─────────► RUNNING ─────────► COMMITTING ─────────► FINISHED
     │                    │                   │                   │
     └────────────────────┴───────────────────┴── failed, lost, cancelled
                                      ▼
                                   STOPPING ── all closed or killed ──► FAILED | CANCELED
```

LISTENING is left out where no worker listens for one of another host. Nobody sends rows before all
are deployed, nobody commits before all have ended; a worker that has committed may go. After the
first failure everyone else closes without committing; who does not within a time is killed. The
reason given is the one that explains the others: a worker that is gone, else a failure, else one
that did not close in time, else a channel whose other side went.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CancelWanted",
    "Event",
    "Instruction",
    "JobPhase",
    "JobState",
    "Kill",
    "Overdue",
    "Tell",
    "WorkerClosed",
    "WorkerFailed",
    "WorkerLost",
    "WorkerReached",
    "advance",
]


class JobPhase(Enum):
    """Where a job is; the three without followers are final."""

    LISTENING = "LISTENING"
    DEPLOYING = "DEPLOYING"
    RUNNING = "RUNNING"
    COMMITTING = "COMMITTING"
    FINISHED = "FINISHED"
    STOPPING = "STOPPING"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens."""
        return self in (JobPhase.FINISHED, JobPhase.FAILED, JobPhase.CANCELED)


@dataclass(frozen=True)
class JobState:
    """Where a job is, whom it waits for, and what went wrong."""

    phase: JobPhase
    alive: frozenset[int]
    """Workers that have neither committed, closed nor gone."""
    waiting_for: frozenset[int]
    """Workers that have not reached the next phase."""
    reason: int | None = None
    """Number of the failure to report, in the order of events."""
    rank: int = 0
    """How well `reason` explains the others, see `CONSEQUENCE` and what follows it."""
    num_failures: int = 0

    @staticmethod
    def start(num_workers: int, listeners: Iterable[int] = ()) -> JobState:
        """Return the state of a job whose listeners have just been told to listen.

        Without listeners all workers have just been told to deploy.
        """
        everyone, waiting_for = frozenset(range(num_workers)), frozenset(listeners)
        if waiting_for:
            return JobState(JobPhase.LISTENING, everyone, waiting_for)
        return JobState(JobPhase.DEPLOYING, everyone, everyone)


@dataclass(frozen=True)
class WorkerReached:
    """A worker listens, is deployed, has ended, or has committed."""

    worker: int
    phase: JobPhase
    """The phase that it has done its part of."""


@dataclass(frozen=True)
class WorkerFailed:
    """Something in a worker raised; the worker closes."""

    worker: int
    is_consequence: bool = False
    """Its channel to another worker broke."""


@dataclass(frozen=True)
class WorkerLost:
    """A worker's process is gone."""

    worker: int


@dataclass(frozen=True)
class WorkerClosed:
    """A worker closed without committing."""

    worker: int


@dataclass(frozen=True)
class CancelWanted:
    """The client gave up the job."""


@dataclass(frozen=True)
class Overdue:
    """Stopping takes too long."""


Event = WorkerReached | WorkerFailed | WorkerLost | WorkerClosed | CancelWanted | Overdue


class Tell(Enum):
    """What every living worker is told."""

    DEPLOY = "deploy"
    RUN = "run"
    COMMIT = "commit"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Kill:
    """End these processes."""

    workers: frozenset[int]


Instruction = Tell | Kill

CONSEQUENCE, OVERDUE, FAILURE, LOSS = 1, 2, 3, 4
"""How well a failure explains the others; a later one of the same rank explains nothing."""
NEXT = {
    JobPhase.LISTENING: (JobPhase.DEPLOYING, Tell.DEPLOY),
    JobPhase.DEPLOYING: (JobPhase.RUNNING, Tell.RUN),
    JobPhase.RUNNING: (JobPhase.COMMITTING, Tell.COMMIT),
    JobPhase.COMMITTING: (JobPhase.FINISHED, None),
}


def advance(state: JobState, event: Event) -> tuple[JobState, tuple[Instruction, ...]]:
    """Take one event; return the new state and what has to be done.

    Parameters
    ----------
    state : JobState
        A state that is not final takes any event; a final one changes no more.
    event : Event
        What happened.

    Returns
    -------
    JobState
        The new state.
    tuple of Instruction
        To carry out in order.
    """
    if state.phase.is_final:
        return state, ()
    if isinstance(event, WorkerReached):
        return _reached(state, event)
    if isinstance(event, WorkerClosed):
        return _gone(state, event.worker)
    if isinstance(event, Overdue):
        if state.phase is not JobPhase.STOPPING:
            return state, ()
        if state.rank == CONSEQUENCE:
            # nobody has said why: whoever does not answer is the best explanation there is
            state = _with_failure(state, OVERDUE)
        return _settled(replace(state, alive=frozenset())), (Kill(state.alive),)
    if isinstance(event, CancelWanted):
        return _stop(state)
    if event.worker not in state.alive:
        return state, ()
    if isinstance(event, WorkerFailed):
        return _failed(state, event)
    stopping, instructions = _stop(_with_failure(state, LOSS))
    settled, _ = _gone(stopping, event.worker)
    return settled, instructions


def _reached(state: JobState, event: WorkerReached) -> tuple[JobState, tuple[Instruction, ...]]:
    if state.phase is JobPhase.STOPPING and event.phase is JobPhase.COMMITTING:
        # its last word, on its way before the worker could be told to stop
        return _gone(state, event.worker)
    if event.phase is not state.phase:
        return state, ()
    waiting_for = state.waiting_for - {event.worker}
    if state.phase is JobPhase.COMMITTING:
        # its last word: it is gone when the others may still be at it
        state = replace(state, alive=state.alive - {event.worker})
    if waiting_for:
        return replace(state, waiting_for=waiting_for), ()
    phase, told = NEXT[state.phase]
    left = frozenset() if phase.is_final else state.alive
    reached = replace(state, phase=phase, waiting_for=left, alive=left)
    return reached, () if told is None else (told,)


def _failed(state: JobState, event: WorkerFailed) -> tuple[JobState, tuple[Instruction, ...]]:
    if not event.is_consequence:
        return _stop(_with_failure(state, FAILURE))
    if state.phase is JobPhase.STOPPING:
        return state, ()  # the others close: channels break in a job that is cancelled, too
    return _stop(_with_failure(state, CONSEQUENCE))


def _with_failure(state: JobState, rank: int) -> JobState:
    number = state.num_failures
    if rank > state.rank:
        state = replace(state, reason=number, rank=rank)
    return replace(state, num_failures=number + 1)


def _stop(state: JobState) -> tuple[JobState, tuple[Instruction, ...]]:
    if state.phase is JobPhase.STOPPING:
        return state, ()
    return replace(state, phase=JobPhase.STOPPING, waiting_for=frozenset()), (Tell.CANCEL,)


def _gone(state: JobState, worker: int) -> tuple[JobState, tuple[Instruction, ...]]:
    alive = state.alive - {worker}
    return _settled(replace(state, alive=alive)), ()


def _settled(state: JobState) -> JobState:
    if state.phase is not JobPhase.STOPPING or state.alive:
        return state
    return replace(state, phase=JobPhase.CANCELED if state.reason is None else JobPhase.FAILED)
