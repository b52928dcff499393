"""Windows that a user's assigner merges, and what triggers see of it."""

from __future__ import annotations

import pytest

from flinkette.common import Types, WatermarkStrategy
from flinkette.common.time import Time
from flinkette.contracts.errors import InvalidTypeError, UserFunctionError
from flinkette.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from flinkette.datastream.state import ReducingStateDescriptor, ValueStateDescriptor
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    EventTimeTrigger,
    MergingWindowAssigner,
    NeverTrigger,
    TimeWindow,
    TimeWindowSerializer,
    Trigger,
    TriggerResult,
)
from flinkette.ext import on_row_error


class Own(MergingWindowAssigner):
    """Windows of ten ms from each row on; `merge` says which become one."""

    def __init__(self, merge):
        self.merge = merge

    def assign_windows(self, element, timestamp, context):
        return [TimeWindow(timestamp, timestamp + 10)]

    def merge_windows(self, windows, callback):
        self.merge(sorted(windows), callback)

    def get_default_trigger(self, env):
        return EventTimeTrigger.create()

    def get_window_serializer(self):
        return TimeWindowSerializer()

    def is_event_time(self):
        return True


class Bounds(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield window.start, window.end, [row[1] for row in elements]


@pytest.fixture
def keyed():
    def over(*times):
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(1)
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f1")
        stream = env.from_collection([("k", time) for time in times])
        return stream.assign_timestamps_and_watermarks(strategy).key_by(lambda row: row[0])

    return over


def collect(stream):
    with stream.execute_and_collect() as rows:
        return list(rows)


def everything(windows, callback):
    if len(windows) > 1:
        callback.merge(windows, TimeWindow(windows[0].start, max(w.end for w in windows)))


def test_a_row_may_merge_windows_that_do_not_touch(keyed):
    windows = keyed(0, 100, 50).window(Own(everything))
    assert collect(windows.process(Bounds())) == [(0, 110, [0, 100, 50])]


def test_windows_that_the_row_is_not_in_may_merge_too(keyed):
    def old_ones(windows, callback):
        if len(windows) == 3:
            callback.merge(windows[:2], TimeWindow(windows[0].start, windows[1].end))

    windows = keyed(0, 20, 50).window(Own(old_ones))
    assert collect(windows.process(Bounds())) == [(0, 30, [0, 20]), (50, 60, [50])]


def test_a_merge_that_names_only_the_new_window_renames_it(keyed):
    def renamed(windows, callback):
        callback.merge(windows, TimeWindow(0, 60))

    windows = keyed(5, 7).window(Own(renamed))
    assert collect(windows.process(Bounds())) == [(0, 60, [5, 7])]


def test_a_merged_window_that_is_there_already_is_refused(keyed):
    def onto_another(windows, callback):
        if len(windows) == 3:
            callback.merge(windows[1:], windows[0])

    stream = keyed(0, 20, 50).window(Own(onto_another)).process(Bounds())
    with pytest.raises(UserFunctionError, match=r"start=0, end=10.*there is already"):
        collect(stream)


def test_a_merged_window_must_not_end_before_the_watermark(keyed):
    def shorter(windows, callback):
        if len(windows) == 2 and windows[0].start > 800:
            callback.merge(windows, TimeWindow(0, 1))

    stream = keyed(0, 900, 890).window(Own(shorter)).process(Bounds())
    with pytest.raises(UserFunctionError, match="ended before the watermark"):
        collect(stream)


def test_a_trigger_that_cannot_merge_is_refused_at_the_call(keyed):
    sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(5))
    with pytest.raises(InvalidTypeError, match=r"NeverTrigger.*can_merge\(\) is False.*merge"):
        keyed(0).window(sessions).trigger(NeverTrigger())


class Told(Trigger):
    """Writes down what it is told; keeps a total that it merges and a value that it does not."""

    total = ReducingStateDescriptor("total", lambda a, b: a + b, Types.INT())
    last = ValueStateDescriptor("last", Types.INT())

    def __init__(self, *, merges_a_value=False):
        self.merges_a_value = merges_a_value

    def on_element(self, element, timestamp, window, ctx):
        total = ctx.get_partitioned_state(self.total)
        total.add(1)
        last = ctx.get_partitioned_state(self.last)
        seen = (total.get(), last.value())
        last.update(timestamp)
        print("row", timestamp, *seen)
        return TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        print("timer", time, window)
        return TriggerResult.FIRE

    def can_merge(self):
        return True

    def on_merge(self, window, ctx):
        ctx.merge_partitioned_state(self.last if self.merges_a_value else self.total)
        ctx.register_event_time_timer(window.max_timestamp())
        print("merged into", window.start, window.end)

    def clear(self, window, ctx):
        print("clear", window.start, window.end, ctx.get_partitioned_state(self.last).value())
        ctx.delete_event_time_timer(window.max_timestamp())


def test_a_trigger_keeps_what_it_merges_and_is_told_of_each_window_that_is_gone(keyed, capsys):
    sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(10))
    windows = keyed(0, 15, 8, 6).window(sessions).trigger(Told())
    assert collect(windows.process(Bounds())) == [(0, 25, [0, 15, 8, 6])]
    assert capsys.readouterr().out.splitlines() == [
        "row 0 1 None",
        "row 15 1 None",
        "merged into 0 25",
        "clear 0 10 0",
        "clear 15 25 15",
        "row 8 3 None",
        "row 6 4 8",
        "timer 24 TimeWindow(start=0, end=25)",
        "clear 0 25 6",
    ]


def test_a_timer_of_the_merged_window_outlives_the_clearing_of_one_with_the_same_end(keyed, capsys):
    windows = keyed(5, 0, 5).window(Own(everything)).trigger(Told())
    assert collect(windows.process(Bounds())) == [(0, 15, [5, 0, 5])]
    assert "timer 14 TimeWindow(start=0, end=15)" in capsys.readouterr().out


def test_a_merge_that_fails_leaves_the_windows_and_their_triggers_as_they_were(keyed, capsys):
    def reduce(one, other):
        if (one[1], other[1]) == (0, 15):
            raise ValueError("not these")
        return other

    sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(10))
    stream = keyed(0, 15, 8, 3).window(sessions).trigger(Told()).reduce(reduce)
    assert collect(on_row_error(stream, "skip")) == [("k", 3), ("k", 15)]
    assert capsys.readouterr().out.splitlines() == [
        "row 0 1 None",
        "row 15 1 None",
        "merged into 0 13",
        "clear 0 10 0",
        "row 3 2 None",
        "timer 12 TimeWindow(start=0, end=13)",
        "clear 0 13 3",
        "timer 24 TimeWindow(start=15, end=25)",
        "clear 15 25 15",
    ]


def test_state_that_cannot_be_merged_is_named(keyed):
    sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(10))
    stream = keyed(0, 5).window(sessions).trigger(Told(merges_a_value=True)).process(Bounds())
    with pytest.raises(UserFunctionError, match=r"state 'last' \(ValueStateDescriptor\) cannot be"):
        collect(stream)
