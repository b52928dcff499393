"""Timers: registering, and taking them out in time order."""

from __future__ import annotations

from typing import Any

from flinkette._native.timers import Timers

TIMER_COUNT = 8_192
# Called one by one through the Python face: the figure is an upper bound of what the kernel takes.
TIMERS = [(row * 2654435761 % 60_000, row % 1_000) for row in range(TIMER_COUNT)]


def add_all() -> Timers:
    timers = Timers()
    add = timers.add
    for time_ms, key_id in TIMERS:
        add(time_ms, key_id)
    return timers


def pop_all(timers: Timers) -> list[tuple[int, int, int, int]]:
    pop = timers.pop
    return [pop() for _ in range(len(timers))]


def test_timers_fire_in_time_order(time_rows: Any) -> None:
    distinct = list(dict.fromkeys(TIMERS))
    fired = pop_all(add_all())
    assert [timer[:2] for timer in fired] == sorted(distinct, key=lambda timer: timer[0])
    time_rows(lambda: pop_all(add_all()), TIMER_COUNT)
