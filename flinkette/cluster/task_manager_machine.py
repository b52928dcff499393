"""Decides what one host does: register, hold slots, run the workers of jobs, leave.

    CLEARING ─► REGISTERING ─► REGISTERED ─► LEAVING ─► GONE
        ▲                          │
        └── dismissed, JobManager silent for heartbeat.timeout

It registers with empty slots only: after it lost the JobManager it first stops every worker. A slot
that was given up is free when the job's workers on this host are gone. What carries another
registration (instance) or another attempt of a job is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from flinkette.cluster.identifiers import Attempt, JobId
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
from flinkette.cluster.task_manager_state import HeldSlot, TaskManagerPhase, TaskManagerState

__all__ = ["next_deadline_ms", "on_event"]

Step: TypeAlias = tuple[TaskManagerState, list[TaskManagerInstruction]]


def on_event(state: TaskManagerState, event: TaskManagerEvent) -> Step:
    """Take one event, return the new state and what is to be done, in this order."""
    if state.phase is TaskManagerPhase.GONE:
        return state, []
    return _HANDLERS[type(event)](state, event)


def next_deadline_ms(state: TaskManagerState) -> int | None:
    """Return when a `TaskManagerTick` is due at the latest, None if nothing waits for time."""
    if state.phase is TaskManagerPhase.REGISTERING:
        return min(state.next_try_ms, state.give_up_ms)
    if state.phase is TaskManagerPhase.REGISTERED:
        return state.heard_ms + state.options.heartbeat_timeout_ms
    return None


def _started(state: TaskManagerState, event: Started) -> Step:
    state = replace(state, slots=(None,) * state.options.slots)
    return _register(state, event.now_ms)


def _register(state: TaskManagerState, now_ms: int) -> Step:
    """Begin to register; all slots are free."""
    state = replace(
        state,
        phase=TaskManagerPhase.REGISTERING,
        session=state.session + 1,
        instance=0,
        retry_ms=state.options.first_retry_ms,
        give_up_ms=now_ms + state.options.registration_timeout_ms,
    )
    return _ask(state, now_ms)


def _ask(state: TaskManagerState, now_ms: int) -> Step:
    asked = SendRegistration(state.session, len(state.slots))
    wait_ms = state.retry_ms
    longer_ms = min(2 * wait_ms, state.options.longest_retry_ms)
    return replace(state, next_try_ms=now_ms + wait_ms, retry_ms=longer_ms), [asked]


def _accepted(state: TaskManagerState, event: RegistrationAccepted) -> Step:
    if event.session != state.session or event.instance == state.instance:
        return state, []
    if state.phase is TaskManagerPhase.REGISTERING:
        return replace(
            state,
            phase=TaskManagerPhase.REGISTERED,
            instance=event.instance,
            heard_ms=event.now_ms,
        ), []
    if state.phase is TaskManagerPhase.REGISTERED:
        return _begin_anew(state, event.now_ms, "the JobManager registered it a second time")
    return state, []


def _refused(state: TaskManagerState, event: RegistrationRefused) -> Step:
    if event.session != state.session or state.phase is not TaskManagerPhase.REGISTERING:
        return state, []
    return _exit(
        state, f"the JobManager refused this task manager: {event.reason}", is_failure=True
    )


def _heartbeat_requested(state: TaskManagerState, event: HeartbeatRequested) -> Step:
    if not _is_present(state, event.instance):
        return state, []
    answer = SendHeartbeatAnswer(state.instance, state.report)
    return replace(state, heard_ms=event.now_ms), [answer]


def _dismissed(state: TaskManagerState, event: Dismissed) -> Step:
    if not _is_present(state, event.instance):
        return state, []
    return _begin_anew(state, event.now_ms, f"the JobManager dismissed it: {event.reason}")


def _begin_anew(state: TaskManagerState, now_ms: int, reason: str) -> Step:
    """Stop every worker, then register again."""
    state, stopped = _stop_all(state, reason)
    state = replace(state, phase=TaskManagerPhase.CLEARING, instance=0, reason=reason)
    if state.hosts:
        return state, stopped
    return _register(_without_slots(state), now_ms)


def _slot_wanted(state: TaskManagerState, event: SlotWanted) -> Step:
    if not _is_present(state, event.instance):
        return state, []
    where = (state.instance, event.slot, event.allocation)
    if not 0 <= event.slot < len(state.slots):
        reason = f"it has slots 0 to {len(state.slots) - 1}"
        return state, [SendSlotRefused(*where, state.version, reason)]
    held = state.slots[event.slot]
    if held is not None and held.allocation != event.allocation:
        reason = f"job {held.job_id} is still on it"
        return state, [SendSlotRefused(*where, state.version, reason)]
    if held is None:
        held = HeldSlot(event.allocation, event.job_id, event.attempt)
        state = state.with_slot(event.slot, held)
    return state, [SendSlotAllocated(*where, state.version)]


def _slot_unwanted(state: TaskManagerState, event: SlotUnwanted) -> Step:
    if not _is_present(state, event.instance) or not 0 <= event.slot < len(state.slots):
        return state, []
    held = state.slots[event.slot]
    if held is None or held.allocation != event.allocation:
        freed = SendSlotFreed(state.instance, event.slot, event.allocation, state.version)
        return state, [freed]
    key = (held.job_id, held.attempt)
    if key not in state.hosts:
        return _clear_slot(state, event.slot)
    state = state.with_slot(event.slot, replace(held, is_unwanted=True))
    indices = state.slots_of(*key)
    if all(slot.is_unwanted for index in indices if (slot := state.slots[index]) is not None):
        return _stop(state, *key, "its slots were given back")
    return state, []


def _clear_slot(state: TaskManagerState, index: int) -> Step:
    held = state.slots[index]
    assert held is not None
    state = state.with_slot(index, None)
    return state, [SendSlotFreed(state.instance, index, held.allocation, state.version)]


def _deploy_ordered(state: TaskManagerState, event: DeployOrdered) -> Step:
    key = (event.job_id, event.attempt)
    if not _is_present(state, event.instance) or key in state.hosts:
        return state, []
    slots = tuple(
        index
        for index in state.slots_of(*key)
        if (held := state.slots[index]) is not None and not held.is_unwanted
    )
    if not slots:
        reason = "this task manager holds no slot for it"
        return state, [SendHostStopped(state.instance, *key, reason)]
    state = replace(state, hosts={**state.hosts, key: False})
    return state, [StartHost(*key, slots, event.payload)]


def _stop_host_ordered(state: TaskManagerState, event: StopHostOrdered) -> Step:
    key = (event.job_id, event.attempt)
    if not _is_present(state, event.instance):
        return state, []
    if key not in state.hosts:
        return state, [SendHostStopped(state.instance, *key, "it has no workers here")]
    return _stop(state, *key, "its master stopped it")


def _message_for_job(state: TaskManagerState, event: MessageForJob) -> Step:
    key = (event.job_id, event.attempt)
    if not _is_present(state, event.instance) or key not in state.hosts:
        return state, []
    return state, [RelayToWorkers(*key, event.payload)]


def _message_from_job(state: TaskManagerState, event: MessageFromJob) -> Step:
    key = (event.job_id, event.attempt)
    if state.instance == 0 or key not in state.hosts:
        return state, []
    return state, [RelayToMaster(state.instance, *key, event.payload)]


def _host_stopped(state: TaskManagerState, event: HostStopped) -> Step:
    key = (event.job_id, event.attempt)
    if key not in state.hosts:
        return state, []
    state = replace(state, hosts={k: told for k, told in state.hosts.items() if k != key})
    instructions: list[TaskManagerInstruction] = []
    if state.instance:
        reason = event.reason
        if not reason and state.phase is TaskManagerPhase.LEAVING:
            reason = state.reason
        instructions.append(SendHostStopped(state.instance, *key, reason))
        for index in state.slots_of(*key):
            held = state.slots[index]
            if held is not None and held.is_unwanted:
                state, freed = _clear_slot(state, index)
                instructions += freed
    if state.hosts:
        return state, instructions
    if state.phase is TaskManagerPhase.CLEARING:
        return _register(_without_slots(state), event.now_ms)
    if state.phase is TaskManagerPhase.LEAVING:
        state, last = _say_goodbye(state)
        return state, [*instructions, *last]
    return state, instructions


def _leave_requested(state: TaskManagerState, event: LeaveRequested) -> Step:
    if state.phase is TaskManagerPhase.LEAVING:
        return state, []
    state, stopped = _stop_all(state, event.reason)
    state = replace(state, phase=TaskManagerPhase.LEAVING, reason=event.reason)
    if state.hosts:
        return state, stopped
    return _say_goodbye(state)


def _say_goodbye(state: TaskManagerState) -> Step:
    goodbye = [SendGoodbye(state.instance, state.reason)] if state.instance else []
    state, ended = _exit(state, state.reason, is_failure=False)
    return state, [*goodbye, *ended]


def _tick(state: TaskManagerState, event: TaskManagerTick) -> Step:
    deadline_ms = next_deadline_ms(state)
    if deadline_ms is None or event.now_ms < deadline_ms:
        return state, []
    if state.phase is TaskManagerPhase.REGISTERED:
        silent_s = (event.now_ms - state.heard_ms) / 1000
        reason = f"the JobManager was silent for {silent_s:g} s (heartbeat.timeout)"
        return _begin_anew(state, event.now_ms, reason)
    if event.now_ms >= state.give_up_ms:
        tried_s = state.options.registration_timeout_ms / 1000
        reason = (
            f"the JobManager did not answer for {tried_s:g} s (taskmanager.registration.timeout)"
        )
        return _exit(state, reason, is_failure=True)
    return _ask(state, event.now_ms)


def _stop(state: TaskManagerState, job_id: JobId, attempt: Attempt, reason: str) -> Step:
    if state.hosts[job_id, attempt]:
        return state, []  # it was told
    state = replace(state, hosts={**state.hosts, (job_id, attempt): True})
    return state, [StopHost(job_id, attempt, reason)]


def _stop_all(state: TaskManagerState, reason: str) -> Step:
    instructions: list[TaskManagerInstruction] = []
    for key in state.hosts:
        state, stopped = _stop(state, *key, reason)
        instructions += stopped
    return state, instructions


def _exit(state: TaskManagerState, reason: str, *, is_failure: bool) -> Step:
    state = replace(state, phase=TaskManagerPhase.GONE, reason=reason)
    return state, [Exit(reason, is_failure)]


def _without_slots(state: TaskManagerState) -> TaskManagerState:
    return replace(state, slots=(None,) * len(state.slots), version=state.version + 1)


def _is_present(state: TaskManagerState, instance: int) -> bool:
    return state.phase is TaskManagerPhase.REGISTERED and state.instance == instance


_HANDLERS: Mapping[type, Callable[[TaskManagerState, Any], Step]] = {
    Started: _started,
    RegistrationAccepted: _accepted,
    RegistrationRefused: _refused,
    HeartbeatRequested: _heartbeat_requested,
    Dismissed: _dismissed,
    SlotWanted: _slot_wanted,
    SlotUnwanted: _slot_unwanted,
    DeployOrdered: _deploy_ordered,
    StopHostOrdered: _stop_host_ordered,
    MessageForJob: _message_for_job,
    MessageFromJob: _message_from_job,
    HostStopped: _host_stopped,
    LeaveRequested: _leave_requested,
    TaskManagerTick: _tick,
}
