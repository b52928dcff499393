"""The native timer heap against a sorted list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.timers import Timers

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "remove", "pop"]),
        st.integers(-3, 12),
        st.integers(0, 3),
        st.integers(0, 1),
    ),
    max_size=300,
)


def model(steps: list[tuple[str, int, int, int]]) -> list[object]:
    waiting: dict[tuple[int, int, int], int] = {}
    seen: list[object] = []
    for order, (step, *identity) in enumerate(steps):
        timer = (identity[0], identity[1], identity[2])
        if step == "pop":
            first = min(waiting, key=lambda each: (each[0], waiting[each]), default=None)
            seen.append(first)
            waiting.pop(first, None) if first else None
        else:
            seen.append((timer in waiting) == (step == "remove"))
            waiting.setdefault(timer, order) if step == "add" else waiting.pop(timer, None)
    return seen


@given(STEPS)
def test_timers_come_out_in_time_order_and_then_in_the_order_they_were_added(
    steps: list[tuple[str, int, int, int]],
) -> None:
    timers, seen = Timers(), []
    for step, time_ms, key_id, namespace_id in steps:
        if step == "add":
            seen.append(timers.add(time_ms, key_id, namespace_id))
        elif step == "remove":
            seen.append(timers.remove(time_ms, key_id, namespace_id))
        else:
            seen.append(timers.pop()[:3] if len(timers) else None)
    assert seen == model(steps)


def test_a_timer_added_for_a_time_that_has_passed_comes_next() -> None:
    timers = Timers()
    for time_ms in (10, 20, 30):
        timers.add(time_ms, key_id=1)
    assert timers.pop()[0] == 10
    timers.add(5, key_id=1)
    assert [timers.pop()[0] for _ in range(3)] == [5, 20, 30]


def test_a_timer_keeps_the_generation_of_its_key() -> None:
    timers = Timers()
    timers.add(1, key_id=7, namespace_id=3, generation=42)
    assert timers.pop() == (1, 7, 3, 42)


def test_timers_that_move_all_the_time_stay_in_order() -> None:
    timers = Timers()
    for time_ms in range(10_000):
        timers.add(time_ms, key_id=time_ms % 7)
        if time_ms >= 7:
            assert timers.remove(time_ms - 7, key_id=time_ms % 7)
    assert len(timers) == 7
    assert [timers.pop()[0] for _ in range(7)] == list(range(9_993, 10_000))
    assert timers.next_time_ms() is None


def test_popping_without_timers_is_an_error() -> None:
    with pytest.raises(IndexError, match="no timer"):
        Timers().pop()
