"""Timers of row programs: one global order, re-registration, deletion, and the ids they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.rows import RowProgram, Stage
from flinkette._native.state import ListState, ValueState
from kernels.row_programs import NO_TIME, Keyed, Tag, drain, program

MAX = 2**63 - 1
Fired = list[tuple[Any, int]]


class Timed:
    """A keyed program: a row registers timers, and each timer that fires is a row of the output."""

    def __init__(self, chain_ms: int = 0, error_action: str = "fail", **named: Any) -> None:
        self.keyed = Keyed()
        self.chain_ms = chain_ms
        stage = Stage("process", self.on_row, on_timer=self.on_timer, error_action=error_action)
        self.program: RowProgram = program([stage], keys=self.keyed.context, **named)

    def on_row(self, row: list[tuple[str, int]], ctx: Any) -> None:
        for step, time in row:
            getattr(ctx.timer_service(), f"{step}_time_timer")(time)

    def on_timer(self, time: int, ctx: Any) -> Iterator[Any]:
        if self.chain_ms and time < 50:
            ctx.timer_service().register_event_time_timer(time + self.chain_ms)
        yield ctx.get_current_key(), time, ctx.timer_service().current_watermark()

    def feed(self, rows: list[tuple[Any, list[tuple[str, int]]]]) -> None:
        self.keyed.load(self.program, [row for _, row in rows], [key for key, _ in rows])
        assert drain(self.program) == {None: []}
        self.keyed.map.release_batch()

    def advance(self, watermark: int, *, step_wise: bool = False) -> Fired:
        self.program.load_event_timers(watermark)
        return [value[:2] for value, _ in drain(self.program, step_wise=step_wise)[None]]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.lists(
            st.tuples(
                st.sampled_from(["register_event", "register_event", "delete_event"]),
                st.integers(-20, 40),
            ),
            max_size=4,
        ),
    ),
    max_size=20,
)


def model(waiting: dict[tuple[Any, int], int], until: int, chain_ms: int) -> Fired:
    """Earliest first, equal times as registered, with what fires registering more."""
    fired: Fired = []
    while due := [timer for timer in waiting if timer[1] <= until]:
        key, time = min(due, key=lambda timer: (timer[1], waiting[timer]))
        waiting.pop((key, time))
        fired.append((key, time))
        if chain_ms and time < 50:
            waiting.setdefault((key, time + chain_ms), 10**6 + len(fired))
    return fired


@given(STEPS, st.integers(0, 30), st.integers(-20, 60), st.booleans())
def test_timers_of_all_keys_fire_in_one_order_of_time(
    rows: list[tuple[int, list[tuple[str, int]]]], chain_ms: int, until: int, step_wise: bool
) -> None:
    timed, waiting, order = Timed(chain_ms), {}, 0
    for key, steps in rows:
        for step, time in steps:
            order += 1
            if step == "register_event":
                waiting.setdefault((key, time), order)
            else:
                waiting.pop((key, time), None)
    timed.feed(rows)
    assert timed.keyed.live_keys() == len({key for key, _ in waiting})
    assert timed.advance(until, step_wise=step_wise) == model(waiting, until, chain_ms)
    assert timed.advance(MAX, step_wise=step_wise) == model(waiting, MAX, chain_ms)
    assert timed.keyed.live_keys() == 0


def test_a_timer_registered_by_a_timer_fires_in_the_same_advance_in_its_place() -> None:
    timed = Timed(chain_ms=10)
    timed.feed([("a", [("register_event", 41)]), ("b", [("register_event", 45)])])
    assert timed.advance(MAX) == [("a", 41), ("b", 45), ("a", 51), ("b", 55)]


def test_one_timer_per_key_and_time() -> None:
    timed = Timed()
    timed.feed([("a", [("register_event", 5)] * 3), ("b", [("register_event", 5)])])
    assert timed.advance(MAX) == [("a", 5), ("b", 5)]


def test_a_deleted_timer_does_not_fire_and_its_key_is_forgotten() -> None:
    timed = Timed()
    timed.feed([("a", [("register_event", 5), ("delete_event", 5), ("delete_event", 5)])])
    assert timed.advance(MAX) == []
    assert timed.keyed.live_keys() == 0


def test_timers_of_the_two_clocks_are_separate() -> None:
    timed = Timed()
    timed.feed([("a", [("register_event", 5), ("register_processing", 5)])])
    assert timed.program.timers.next_processing_time() == 5
    assert timed.advance(MAX) == [("a", 5)]
    timed.program.load_processing_timers(4)
    assert drain(timed.program) == {None: []}
    timed.program.load_processing_timers(5)
    assert drain(timed.program)[None] == [(("a", 5, MAX), NO_TIME)]
    assert timed.program.timers.next_processing_time() is None
    assert timed.keyed.live_keys() == 0


def test_rows_of_event_timers_carry_the_timer_time_and_the_whole_watermark() -> None:
    timed = Timed()
    timed.feed([("a", [("register_event", 5)])])
    timed.program.load_event_timers(9)
    assert drain(timed.program)[None] == [(("a", 5, 9), 5)]


def test_on_timer_is_told_which_clock_it_is() -> None:
    seen: list[Any] = []
    keyed = Keyed()

    def on_row(row: int, ctx: Any) -> None:
        seen.append(ctx.time_domain())
        ctx.timer_service().register_event_time_timer(1)
        ctx.timer_service().register_processing_time_timer(1)

    made = program(
        [Stage("process", on_row, on_timer=lambda time, ctx: seen.append(ctx.time_domain()))],
        keys=keyed.context,
        time_domains=("event", "processing"),
    )
    keyed.load(made, [0], ["a"])
    drain(made)
    made.load_event_timers(1)
    drain(made)
    made.load_processing_timers(1)
    drain(made)
    assert seen == [None, "event", "processing"]


def test_a_row_that_is_skipped_leaves_the_timers_as_they_were() -> None:
    def on_row(row: int, ctx: Any) -> None:
        ctx.timer_service().register_event_time_timer(row)
        if row > 5:
            ctx.timer_service().delete_event_time_timer(5)
            raise ValueError

    keyed = Keyed()
    fired: list[int] = []
    stage = Stage(
        "process", on_row, on_timer=lambda time, ctx: fired.append(time), error_action="skip"
    )
    made = program([stage], keys=keyed.context)
    keyed.load(made, [5, 6, 7], ["a", "a", "b"])
    drain(made)
    keyed.map.release_batch()
    assert keyed.live_keys() == 1
    made.load_event_timers(MAX)
    drain(made)
    assert fired == [5]
    assert keyed.live_keys() == 0


def test_a_timer_that_raises_is_skipped_with_its_state_and_the_next_one_fires() -> None:
    keyed = Keyed()
    state = ValueState(keyed.context.column("v"))

    def on_timer(time: int, ctx: Any) -> list[Any]:
        state.update(time)
        if time == 2:
            raise ValueError
        return [(time, state.value())]

    def on_row(row: int, ctx: Any) -> None:
        for time in (1, 2, 3):
            ctx.timer_service().register_event_time_timer(time)

    stage = Stage("process", on_row, on_timer=on_timer, error_action="skip")
    made = program([stage], keys=keyed.context)
    keyed.load(made, [0], ["a"])
    drain(made)
    made.load_event_timers(2)
    assert [value for value, _ in drain(made)[None]] == [(1, 1)]
    assert state.value() == 1
    made.load_event_timers(3)
    assert [value for value, _ in drain(made)[None]] == [(3, 3)]
    assert stage.rows_skipped == 1


def test_timers_need_a_keyed_stream() -> None:
    made = program(
        [Stage("process", lambda row, ctx: ctx.timer_service().register_event_time_timer(1))]
    )
    made.load(Batch.from_objects([1]))
    assert "key_by" in drain(made, take_failed=True)["failure"][1]


def test_an_on_timer_may_be_a_generator_with_side_outputs() -> None:
    tag = Tag("side")
    keyed = Keyed()
    kept = ListState(keyed.context.column("rows"))

    def on_row(row: int, ctx: Any) -> None:
        kept.add(row)
        ctx.timer_service().register_event_time_timer(10)

    def on_timer(time: int, ctx: Any) -> Iterator[Any]:
        for row in kept.get():
            yield (tag, row) if row % 2 else row
        kept.clear()

    made = program([Stage("process", on_row, on_timer=on_timer)], keys=keyed.context)
    keyed.load(made, [1, 2, 3], ["a", "a", "b"])
    drain(made)
    keyed.map.release_batch()
    assert keyed.live_keys() == 2
    made.load_event_timers(10)
    assert drain(made, step_wise=True) == {None: [(2, 10)], tag: [(1, 10), (3, 10)]}
    assert keyed.live_keys() == 0


@pytest.mark.parametrize("step_wise", [False, True])
def test_the_key_stays_current_while_a_timer_generator_is_open(step_wise: bool) -> None:
    keyed = Keyed()

    def on_timer(time: int, ctx: Any) -> Iterator[Any]:
        yield ctx.get_current_key()
        yield ctx.get_current_key()

    def on_row(row: int, ctx: Any) -> None:
        ctx.timer_service().register_event_time_timer(row)

    made = program([Stage("process", on_row, on_timer=on_timer)], keys=keyed.context)
    keyed.load(made, [1, 2], ["a", "b"])
    drain(made)
    keyed.map.release_batch()
    made.load_event_timers(2)
    assert [key for key, _ in drain(made, step_wise=step_wise)[None]] == ["a", "a", "b", "b"]
