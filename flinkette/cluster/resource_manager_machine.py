"""Decides which slots a job gets, and which task managers are alive.

    FREE ─► PENDING ─► HELD ─► RELEASING ─► FREE
               │                  ▲
               ├──── released ────┘
               └──── refused ─► SUSPECT ─► FREE with the next report

A slot is given away only when it is FREE, and it is FREE only when its task manager has said that
nothing of the last job is left on it. Answers that got lost are made up for by the heartbeats: each
carries the whole slot table, and what differs is asked for again. A task manager that is silent for
`heartbeat.timeout` is lost with its slots; if it comes back it begins with empty slots under a new
instance. While a job waits for an answer heartbeats come ten times as often, so that a connection
that is gone shows at once, and after a fifth of the time-out the job takes slots of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from flinkette.cluster.identifiers import AllocationId, TaskManagerId
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
    SlotsReleased,
    SlotsRequested,
    TaskManagerLeft,
)
from flinkette.cluster.resource_state import (
    JobAttempt,
    Place,
    ResourceState,
    Slot,
    SlotState,
    TaskManager,
    choose_slots,
)

__all__ = ["next_deadline_ms", "on_event"]

Step: TypeAlias = tuple[ResourceState, list[ResourceInstruction]]


def on_event(state: ResourceState, event: ResourceEvent) -> Step:
    """Take one event, return the new state and what is to be done, in this order."""
    before = state.counts
    state, instructions = _HANDLERS[type(event)](state, event)
    state = _expect_answers(state, event.now_ms)
    # who was refused waits for the true figure
    must_tell = any(isinstance(order, RefuseSlots) for order in instructions)
    if must_tell or state.counts != before:
        instructions = [*instructions, ReportSlotCounts(*state.counts)]
    return state, instructions


def _expect_answers(state: ResourceState, now_ms: int) -> ResourceState:
    """Note since when jobs wait for slots, and bring the next heartbeat forward if any does."""
    waiting = list(state.unanswered())
    for place, slot in waiting:
        if slot.asked_ms is None:
            state = state.with_slot(place, replace(slot, asked_ms=now_ms))
    if not waiting or state.next_heartbeat_ms is None:
        return state
    soon_ms = now_ms + state.options.answer_interval_ms
    return replace(state, next_heartbeat_ms=min(state.next_heartbeat_ms, soon_ms))


def next_deadline_ms(state: ResourceState) -> int | None:
    """Return when a `ResourceTick` is due at the latest, None if nothing waits for time."""
    if not state.task_managers or state.next_heartbeat_ms is None:
        return None
    silent_ms = min(manager.heard_ms for manager in state.task_managers.values())
    return min(state.next_heartbeat_ms, silent_ms + state.options.heartbeat_timeout_ms)


def _registered(state: ResourceState, event: RegisterTaskManager) -> Step:
    if event.slots < 1:
        reason = f"taskmanager.numberOfTaskSlots is {event.slots}; at least 1 is needed"
        return state, [RefuseRegistration(event.task_manager, event.session, reason)]
    known = state.task_managers.get(event.task_manager)
    if known is not None and event.session < known.session:
        return state, []
    if known is not None and event.session == known.session:
        return state, [AcceptRegistration(known.task_manager, known.session, known.instance)]
    instructions: list[ResourceInstruction] = []
    if known is not None:
        state, instructions = _lose(state, known, f"task manager {known.task_manager} began anew")
    manager = TaskManager(
        event.task_manager,
        state.next_instance,
        event.session,
        event.host,
        (Slot(),) * event.slots,
        heard_ms=event.now_ms,
        registered_ms=event.now_ms,
    )
    beat_ms = state.next_heartbeat_ms
    if beat_ms is None:
        beat_ms = event.now_ms + state.options.heartbeat_interval_ms
    state = replace(
        state.with_manager(manager),
        next_instance=state.next_instance + 1,
        next_heartbeat_ms=beat_ms,
    )
    accepted = AcceptRegistration(manager.task_manager, manager.session, manager.instance)
    return state, [*instructions, accepted]


def _left(state: ResourceState, event: TaskManagerLeft) -> Step:
    manager = _manager(state, event)
    if manager is None:
        return state, []
    where = f"task manager {manager.task_manager} on {manager.host or 'unknown host'}"
    return _lose(state, manager, f"{where}: {event.reason}")


def _answered(state: ResourceState, event: HeartbeatAnswered) -> Step:
    manager = _manager(state, event)
    if manager is None:
        if event.task_manager in state.task_managers:
            return state, []  # of an earlier registration
        reason = "it was silent for too long, or the JobManager is another one"
        return state, [DismissTaskManager(event.task_manager, event.instance, reason)]
    state = state.with_manager(replace(manager, heard_ms=event.now_ms))
    report = event.report
    if len(report.allocations) != len(manager.slots):
        reason = f"it reports {len(report.allocations)} slots and registered {len(manager.slots)}"
        state, instructions = _lose(
            state, manager, f"task manager {manager.task_manager}: {reason}"
        )
        return state, [
            *instructions,
            DismissTaskManager(manager.task_manager, manager.instance, reason),
        ]
    if report.version < manager.version:
        return state, []
    state = _heard(state, manager, report.version)
    instructions = []
    for index, reported in enumerate(report.allocations):
        state, more = _compare(state, (manager.task_manager, index), reported)
        instructions += more
    return state, instructions


def _compare(state: ResourceState, place: Place, reported: AllocationId | None) -> Step:
    """Bring what is known of one slot and what its task manager says together."""
    slot = state.slot_at(place)
    if slot.state is SlotState.HELD and slot.allocation != reported:
        return _slot_gone(state, place, reported)
    if slot.state is SlotState.PENDING:
        if slot.allocation == reported:
            return _confirmed(state, place)
        if reported is None:
            return state, [_allocate(state, place)]
        return state, [_free(state, place, reported)]
    if slot.state is not SlotState.HELD:
        if reported is None:
            return state.with_slot(place, Slot()), []
        releasing = replace(slot, state=SlotState.RELEASING, allocation=reported)
        return state.with_slot(place, releasing), [_free(state, place, reported)]
    return state, []


def _allocated(state: ResourceState, event: SlotAllocated) -> Step:
    place = (event.task_manager, event.slot)
    manager, slot = _addressed(state, event)
    if manager is None or slot is None or slot.allocation != event.allocation:
        return state, []
    state = _heard(state, manager, event.version)
    return _confirmed(state, place) if slot.state is SlotState.PENDING else (state, [])


def _confirmed(state: ResourceState, place: Place) -> Step:
    slot = replace(state.slot_at(place), state=SlotState.HELD)
    state = state.with_slot(place, slot)
    assert slot.job_id is not None
    assert slot.attempt is not None
    key = (slot.job_id, slot.attempt)
    held = [p for p, other in state.places_of(key) if other.state is SlotState.HELD]
    if len(held) < state.requests.get(key, len(held) + 1):
        return state, []
    addresses = tuple(state.address_of(place) for place in held)
    return state.without_request(key), [GrantSlots(*key, addresses)]


def _slot_refused(state: ResourceState, event: SlotRefused) -> Step:
    place = (event.task_manager, event.slot)
    manager, slot = _addressed(state, event)
    if manager is None or slot is None or slot.allocation != event.allocation:
        return state, []
    state = _heard(state, manager, event.version)
    if slot.state is not SlotState.PENDING:
        return state, []  # held or given back meanwhile: the next report tells what is on it
    state = state.with_slot(place, Slot(SlotState.SUSPECT))
    assert slot.job_id is not None
    assert slot.attempt is not None
    reason = f"task manager {event.task_manager} refused slot {event.slot}: {event.reason}"
    return _refill(state, (slot.job_id, slot.attempt), reason)


def _freed(state: ResourceState, event: SlotFreed) -> Step:
    place = (event.task_manager, event.slot)
    manager, slot = _addressed(state, event)
    if manager is None or slot is None or slot.allocation != event.allocation:
        return state, []
    state = _heard(state, manager, event.version)
    if slot.state is SlotState.RELEASING:
        return state.with_slot(place, Slot()), []
    return _slot_gone(state, place, None) if slot.state is SlotState.HELD else (state, [])


def _slot_gone(state: ResourceState, place: Place, reported: AllocationId | None) -> Step:
    """Take a slot from the job that believes to hold it."""
    slot, address = state.slot_at(place), state.address_of(place)
    assert slot.job_id is not None
    assert slot.attempt is not None
    key = (slot.job_id, slot.attempt)
    instructions: list[ResourceInstruction] = []
    if reported is None:
        state = state.with_slot(place, Slot())
    else:
        state = state.with_slot(
            place, replace(slot, state=SlotState.RELEASING, allocation=reported)
        )
        instructions.append(_free(state, place, reported))
    reason = f"task manager {place[0]} gave up slot {place[1]}"
    if key in state.requests:
        state, refilled = _refill(state, key, reason)
        return state, [*instructions, *refilled]
    return state, [*instructions, ReportSlotsLost(*key, (address,), reason)]


def _requested(state: ResourceState, event: SlotsRequested) -> Step:
    key = (event.job_id, event.attempt)
    if key in state.requests or state.places_of(key):
        return state, []
    state = replace(state, requests={**state.requests, key: event.count})
    return _refill(state, key, "")


def _refill(state: ResourceState, key: JobAttempt, reason: str) -> Step:
    """Find the slots that an open request lacks, or refuse all of it."""
    count = state.requests[key]
    places = choose_slots(state, count - len(state.places_of(key)))
    if places is None:
        total, free = state.counts
        text = f"{count} slots are needed, {free} of {total} are free"
        state, freed = _release(state, key)
        return state, [*freed, RefuseSlots(*key, f"{reason}; {text}" if reason else text)]
    instructions: list[ResourceInstruction] = []
    for place in places:
        slot = Slot(SlotState.PENDING, AllocationId(state.next_allocation), *key)
        state = replace(state.with_slot(place, slot), next_allocation=state.next_allocation + 1)
        instructions.append(_allocate(state, place))
    return state, instructions


def _released(state: ResourceState, event: SlotsReleased) -> Step:
    return _release(state, (event.job_id, event.attempt))


def _release(state: ResourceState, key: JobAttempt) -> Step:
    instructions: list[ResourceInstruction] = []
    for place, slot in state.places_of(key):
        assert slot.allocation is not None
        instructions.append(_free(state, place, slot.allocation))
        state = state.with_slot(place, replace(slot, state=SlotState.RELEASING))
    return state.without_request(key), instructions


def _tick(state: ResourceState, event: ResourceTick) -> Step:
    heartbeat_ms = state.next_heartbeat_ms
    if heartbeat_ms is None or not state.task_managers:
        return state, []
    options = state.options
    is_waiting = next(iter(state.unanswered()), None) is not None
    timeout_ms = options.answer_timeout_ms if is_waiting else options.heartbeat_timeout_ms
    if event.now_ms - heartbeat_ms > timeout_ms // 2:
        # This process stood still and asked nobody: silence is its own doing.
        for manager in state.task_managers.values():
            state = state.with_manager(replace(manager, heard_ms=event.now_ms))
    instructions: list[ResourceInstruction] = []
    for manager in list(state.task_managers.values()):
        silent_ms = event.now_ms - manager.heard_ms
        if silent_ms >= options.heartbeat_timeout_ms:
            reason = (
                f"task manager {manager.task_manager} on {manager.host or 'unknown host'} did not "
                f"answer for {silent_ms / 1000:g} s (heartbeat.timeout)"
            )
            state, lost = _lose(state, manager, reason)
            instructions += lost
    state, passed = _pass_over_silent(state, event.now_ms)
    instructions += passed
    if event.now_ms >= heartbeat_ms:
        state = replace(state, next_heartbeat_ms=event.now_ms + options.heartbeat_interval_ms)
        instructions += [
            SendHeartbeat(manager.task_manager, manager.instance)
            for manager in state.task_managers.values()
        ]
    return state, instructions


def _pass_over_silent(state: ResourceState, now_ms: int) -> Step:
    """Let jobs that wait for a task manager that does not answer take slots of others."""
    silent: dict[TaskManagerId, None] = {}
    for (name, _), slot in state.unanswered():
        heard_ms = max(slot.asked_ms or 0, state.task_managers[name].heard_ms)
        if now_ms - heard_ms >= state.options.answer_timeout_ms:
            silent[name] = None
    waiting: dict[JobAttempt, str] = {}
    instructions: list[ResourceInstruction] = []
    for name in silent:
        manager = state.task_managers[name]
        where = f"task manager {name} on {manager.host or 'unknown host'}"
        for index, slot in enumerate(manager.slots):
            place = (name, index)
            if slot.state is SlotState.FREE:
                state = state.with_slot(place, Slot(SlotState.SUSPECT))
            elif slot.is_with_job and slot.job_id is not None and slot.attempt is not None:
                key = (slot.job_id, slot.attempt)
                if key in state.requests and slot.allocation is not None:
                    waiting[key] = f"{where} does not answer"
                    instructions.append(_free(state, place, slot.allocation))
                    state = state.with_slot(place, replace(slot, state=SlotState.RELEASING))
    for key, reason in waiting.items():
        state, refilled = _refill(state, key, reason)
        instructions += refilled
    return state, instructions


def _lose(state: ResourceState, manager: TaskManager, reason: str) -> Step:
    """Forget a task manager; tell the jobs, and look for other slots for those that wait."""
    addresses = {
        index: state.address_of((manager.task_manager, index))
        for index, slot in enumerate(manager.slots)
        if slot.is_with_job
    }
    state = state.without_manager(manager.task_manager)
    instructions: list[ResourceInstruction] = []
    for key in _job_attempts(manager):
        if key in state.requests:
            state, refilled = _refill(state, key, reason)
            instructions += refilled
            continue
        lost = tuple(
            addresses[index]
            for index, slot in enumerate(manager.slots)
            if slot.is_with_job and (slot.job_id, slot.attempt) == key
        )
        instructions.append(ReportSlotsLost(*key, lost, reason))
    return state, instructions


def _job_attempts(manager: TaskManager) -> Iterable[JobAttempt]:
    keys: dict[JobAttempt, None] = {}
    for slot in manager.slots:
        if slot.is_with_job and slot.job_id is not None and slot.attempt is not None:
            keys[slot.job_id, slot.attempt] = None
    return keys


def _manager(state: ResourceState, event: Any) -> TaskManager | None:
    """Return the task manager if the message is of its present registration."""
    manager = state.task_managers.get(event.task_manager)
    return manager if manager is not None and manager.instance == event.instance else None


def _addressed(state: ResourceState, event: Any) -> tuple[TaskManager | None, Slot | None]:
    manager = _manager(state, event)
    if manager is None or not 0 <= event.slot < len(manager.slots):
        return None, None
    return manager, manager.slots[event.slot]


def _heard(state: ResourceState, manager: TaskManager, version: int) -> ResourceState:
    present = state.task_managers[manager.task_manager]
    return state.with_manager(replace(present, version=max(present.version, version)))


def _allocate(state: ResourceState, place: Place) -> AllocateSlot:
    manager, slot = state.task_managers[place[0]], state.slot_at(place)
    assert slot.allocation is not None
    assert slot.job_id is not None
    assert slot.attempt is not None
    return AllocateSlot(
        place[0], manager.instance, place[1], slot.allocation, slot.job_id, slot.attempt
    )


def _free(state: ResourceState, place: Place, allocation: AllocationId) -> FreeSlot:
    return FreeSlot(place[0], state.task_managers[place[0]].instance, place[1], allocation)


_HANDLERS: Mapping[type, Callable[[ResourceState, Any], Step]] = {
    RegisterTaskManager: _registered,
    TaskManagerLeft: _left,
    HeartbeatAnswered: _answered,
    SlotAllocated: _allocated,
    SlotRefused: _slot_refused,
    SlotFreed: _freed,
    SlotsRequested: _requested,
    SlotsReleased: _released,
    ResourceTick: _tick,
}
