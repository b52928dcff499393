"""Triggers written in Python on the window operator, with the engine's own contexts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.window import WindowOperator
from flinkette._native.window_spec import WindowSpec
from flinkette.contracts import window as api
from flinkette.contracts.time import Time
from flinkette.contracts.windows import TimeWindow
from flinkette.metrics.group import MetricGroup
from flinkette.runtime.clock import VirtualClock
from flinkette.runtime.operators.window_context import TriggerRuntime
from kernels.row_programs import NO_TIME, Keyed, Tag, drain, fail

MAX = 2**63 - 1


class Triggered:
    """Windows that hold lists and are fired by a trigger object; results are (key, start, rows)."""

    def __init__(self, trigger: Any, **spec: Any) -> None:
        self.clock = VirtualClock()
        self.keyed = Keyed()
        self.context = TriggerRuntime(self.clock, MetricGroup())
        spec.setdefault("assigner", "tumbling")
        spec.setdefault("size", 10)
        spec.setdefault("is_event_time", True)
        self.operator = WindowOperator(
            WindowSpec(
                trigger="custom",
                trigger_object=trigger,
                trigger_context=self.context,
                contents="list",
                emit="apply",
                window_function=lambda key, window, rows: [
                    (key, getattr(window, "start", None), list(rows))
                ],
                make_window=TimeWindow,
                **spec,
            ),
            keys=self.keyed.context,
            now_ms=self.clock.now_ms,
            tag_class=Tag,
            make_error=fail,
            make_row_error=None,
        )
        self.context.attach(self.operator)

    def feed(self, *rows: tuple[Any, int, Any], **how: Any) -> list[Any]:
        times = [row[1] for row in rows]
        self.keyed.load(self.operator, [row[2] for row in rows], [row[0] for row in rows], times)
        found = drain(self.operator, **how)
        self.keyed.map.release_batch()
        return [value for value, _ in found[None]]

    def advance(self, watermark: int, **how: Any) -> list[Any]:
        self.operator.load_event_timers(watermark)
        return [value for value, _ in drain(self.operator, **how)[None]]

    def at(self, now_ms: int) -> list[Any]:
        self.clock.advance(now_ms - self.clock.now_ms())
        self.operator.load_processing_timers(now_ms)
        return [value for value, _ in drain(self.operator)[None]]

    def assert_empty(self) -> None:
        assert self.operator.live_windows == 0
        assert self.keyed.live_keys() == 0
        assert self.context._states == {}


@pytest.mark.parametrize("step_wise", [False, True])
def test_a_count_trigger_fires_with_all_rows_and_purging_with_the_new_ones(step_wise: bool) -> None:
    rows = [("a", 1, 1), ("b", 1, 2), ("a", 2, 3), ("a", 3, 4), ("a", 4, 5)]
    counting = Triggered(api.CountTrigger.of(2))
    assert counting.feed(*rows, step_wise=step_wise) == [("a", 0, [1, 3]), ("a", 0, [1, 3, 4, 5])]
    assert counting.advance(MAX) == []
    counting.assert_empty()
    purging = Triggered(api.PurgingTrigger.of(api.CountTrigger.of(2)))
    assert purging.feed(*rows, step_wise=step_wise) == [("a", 0, [1, 3]), ("a", 0, [4, 5])]
    assert purging.advance(MAX) == []
    purging.assert_empty()


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60)), max_size=30),
    st.integers(1, 5),
    st.integers(1, 20),
    st.booleans(),
)
def test_a_count_trigger_on_sessions_counts_over_merges(
    rows: list[tuple[str, int]], count: int, gap: int, step_wise: bool
) -> None:
    counting = Triggered(api.CountTrigger.of(count), assigner="session", size=gap)
    live: dict[tuple[str, int, int], list[int]] = {}
    wanted = []
    counts: dict[tuple[str, int, int], int] = {}
    for value, (key, time) in enumerate(rows):
        met = [w for w in live if w[0] == key and w[1] <= time + gap and time <= w[2]]
        merged = (key, min([time, *(w[1] for w in met)]), max([time + gap, *(w[2] for w in met)]))
        values = [v for w in sorted(met) for v in live.pop(w)] + [value]
        total = sum(counts.pop(w) for w in met) + 1
        live[merged], counts[merged] = values, total
        if total >= count:
            counts[merged] = 0
            wanted.append((key, merged[1], sorted(values)))
    seen = counting.feed(
        *((key, time, value) for value, (key, time) in enumerate(rows)), step_wise=step_wise
    )
    assert [(key, start, sorted(values)) for key, start, values in seen] == wanted
    assert counting.advance(MAX) == []
    counting.assert_empty()


def test_a_continuous_trigger_fires_every_interval_and_at_the_end() -> None:
    #   0    5    10   15   20
    #   [-------------------)
    #     ^2 ^6     ^11
    trigger = api.ContinuousEventTimeTrigger.of(Time.milliseconds(5))
    continuous = Triggered(trigger, size=20)
    continuous.feed(("a", 2, 1), ("a", 6, 2), ("a", 11, 3))
    assert continuous.advance(5) == [("a", 0, [1, 2, 3])]
    assert continuous.advance(16, step_wise=True) == [("a", 0, [1, 2, 3])] * 2
    assert continuous.advance(19)[-1] == ("a", 0, [1, 2, 3])
    continuous.advance(MAX)
    continuous.assert_empty()


def test_a_continuous_trigger_goes_on_in_merged_sessions() -> None:
    continuous = Triggered(
        api.ContinuousEventTimeTrigger.of(Time.milliseconds(5)), assigner="session", size=10
    )
    continuous.feed(("a", 0, 1), ("a", 8, 2))
    assert continuous.advance(4) == []
    assert continuous.advance(5) == [("a", 0, [1, 2])]
    assert continuous.advance(MAX)[-1] == ("a", 0, [1, 2])
    continuous.assert_empty()


def test_a_never_trigger_never_fires_and_time_windows_still_end() -> None:
    never = Triggered(api.NeverTrigger())
    assert never.feed(("a", 1, 1)) == []
    assert never.advance(MAX) == []
    never.assert_empty()


def test_a_trigger_that_cannot_merge_is_refused_on_sessions_when_windows_merge() -> None:
    never = Triggered(api.NeverTrigger(), assigner="session", size=10)
    never.keyed.load(never.operator, [1, 2], ["a", "a"], [1, 5])
    failure = drain(never.operator, take_failed=True)["failure"]
    assert "NeverTrigger" in failure[1]
    assert "can_merge" in failure[1]


@pytest.mark.parametrize("count", [1, 3])
def test_global_windows_live_until_they_are_purged(count: int) -> None:
    window = api.GlobalWindow.get()
    made = Triggered(
        api.PurgingTrigger.of(api.CountTrigger.of(count)),
        assigner="custom",
        assign=lambda value, time: [window],
        is_event_time=False,
        size=0,
    )
    seen = made.feed(*(("a", NO_TIME, value) for value in range(3)))
    assert [rows for _, _, rows in seen] == ([[0], [1], [2]] if count == 1 else [[0, 1, 2]])


class EveryRowAndTimer(api.Trigger):
    """Registers a timer 3 ms after each row; fires and purges at timers."""

    def __init__(self) -> None:
        self.cleared: list[TimeWindow] = []

    def on_element(self, element: Any, timestamp: int, window: Any, ctx: Any) -> Any:
        ctx.register_event_time_timer(timestamp + 3)
        if element == "delete":
            ctx.delete_event_time_timer(timestamp + 3)
        return api.TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: Any, ctx: Any) -> Any:
        return api.TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Any) -> Any:
        return api.TriggerResult.FIRE_AND_PURGE

    def on_merge(self, window: Any, ctx: Any) -> None:
        pass

    def clear(self, window: Any, ctx: Any) -> None:
        self.cleared.append(window)


def test_timers_of_a_trigger_fire_in_time_order_and_can_be_deleted() -> None:
    trigger = EveryRowAndTimer()
    made = Triggered(trigger, size=100)
    made.feed(("a", 10, "x"), ("b", 5, "y"), ("a", 20, "delete"))
    assert made.advance(50) == [("b", 0, ["y"]), ("a", 0, ["x", "delete"])]
    assert made.advance(MAX) == []
    assert len(trigger.cleared) == 2
    made.assert_empty()


class Broken(EveryRowAndTimer):
    """Raises where it is told to."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def on_event_time(self, time: int, window: Any, ctx: Any) -> Any:
        if self.place == "on_event_time":
            raise ValueError(self.place)
        return api.TriggerResult.FIRE

    def clear(self, window: Any, ctx: Any) -> None:
        if self.place == "clear":
            raise ValueError(self.place)


@pytest.mark.parametrize("place", ["on_event_time", "clear"])
def test_a_window_whose_trigger_raises_still_ends(place: str) -> None:
    made = Triggered(Broken(place), error_action="skip")
    made.feed(("a", 6, 1))
    assert made.advance(MAX) == ([] if place == "on_event_time" else [("a", 0, [1])])
    assert made.operator.rows_skipped == 1
    made.assert_empty()


def test_processing_time_triggers_follow_the_clock() -> None:
    made = Triggered(api.ProcessingTimeTrigger.create(), is_event_time=False)
    made.clock.advance(3)
    made.feed(("a", NO_TIME, 1))
    assert made.at(8) == []
    assert made.at(9) == [("a", 0, [1])]
    made.assert_empty()


def test_an_event_time_trigger_fires_for_late_rows_until_lateness_ends() -> None:
    made = Triggered(api.EventTimeTrigger.create(), lateness=5)
    made.feed(("a", 3, 1))
    assert made.advance(9) == [("a", 0, [1])]
    assert made.feed(("a", 4, 2)) == [("a", 0, [1, 2])]
    assert made.advance(14) == []
    assert made.feed(("a", 5, 3)) == []
    assert made.operator.late_rows_dropped == 1
    made.assert_empty()
