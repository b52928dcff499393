"""assert_rows: what its message says, and what it draws."""

from __future__ import annotations

import math

import pytest

from flinkette.common import Time, Types
from flinkette.datastream import KeyedProcessFunction, OutputTag, StreamExecutionEnvironment
from flinkette.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows
from flinkette.ext.aggregations import Sum
from flinkette.testing import OperatorHarness, PipelineHarness, assert_rows

PAIR = Types.TUPLE([Types.STRING(), Types.LONG()])
ENV = StreamExecutionEnvironment.get_execution_environment()


def sums():
    return (
        ENV.from_collection([], PAIR)
        .key_by(lambda row: row[0])
        .window(TumblingEventTimeWindows.of(Time.milliseconds(40)))
        .reduce(lambda one, other: (one[0], one[1] + other[1]))
        .name("Sums")
    )


def message_of(*arguments, **named) -> str:
    with pytest.raises(AssertionError) as caught:
        assert_rows(*arguments, **named)
    return str(caught.value)


def pushed() -> OperatorHarness:
    harness = OperatorHarness(sums())
    harness.push(("a", 1), at=0)
    harness.push(("b", 5), at=33)
    harness.push(("a", 2), at=43)
    harness.push_watermark(39)
    return harness


def test_rows_as_expected_pass() -> None:
    with pushed() as harness:
        assert_rows(harness, [("a", 1), ("b", 5)])
        assert_rows(harness, [("b", 5), ("a", 1)], in_any_order=True)
        assert_rows(harness, [(("a", 1), 39), (("b", 5), 39)], with_times=True)
        harness.clear_output()
        assert_rows(harness, [])


def test_a_difference_is_drawn_where_it_happened() -> None:
    with pushed() as harness:
        drawn = message_of(harness, [("a", 1), ("b", 6)])
    assert (
        drawn
        == """\
rows of 'Sums' differ at row 1: expected ('b', 6), got ('b', 5); 2 expected, 2 came out
o row  W watermark  P processing time  [==) window  t timer  * row that came out
event time                              0                                         80
                                        |------------------------------------------|
in  ('a', 1) at 0                       o
    window of 'a'                       [=====================)
in  ('b', 5) at 33                                        o
    window of 'b'                       [=====================)
in  ('a', 2) at 43                                             o
    window of 'a'                                             [====================)
in  watermark 39                                             W
  out ('a', 1)                                               *
  out ('b', 5)                                               *                        \
<-- expected ('b', 6)"""
    )


def test_a_row_that_is_missing_is_drawn_behind_the_last_step() -> None:
    with pushed() as harness:
        drawn = message_of(harness, [("a", 1), ("b", 5), ("a", 2)])
    head, *lines = drawn.splitlines()
    assert head == (
        "rows of 'Sums' differ at row 2: expected ('a', 2), got nothing; 3 expected, 2 came out"
    )
    assert lines[-1] == "  out nothing more  <-- expected ('a', 2)"


def test_a_row_too_many_is_marked() -> None:
    with pushed() as harness:
        harness.end()
        marked = [line for line in message_of(harness, [("a", 1)]).splitlines() if "<--" in line]
    assert len(marked) == 1
    assert "out ('b', 5)" in marked[0]
    assert marked[0].endswith("<-- expected no further row")


def test_in_any_order_the_first_row_that_nobody_expects_is_marked() -> None:
    with pushed() as harness:
        drawn = message_of(harness, [("b", 5), ("a", 9)], in_any_order=True)
        marked = [line for line in drawn.splitlines() if "<--" in line]
    assert len(marked) == 1
    assert "out ('a', 1)" in marked[0]
    assert marked[0].endswith("<-- expected ('a', 9)")


def test_rows_before_clear_are_not_counted_but_drawn() -> None:
    with pushed() as harness:
        harness.clear_output()
        harness.end()
        drawn = message_of(harness, [("a", 3)]).splitlines()
    assert "differ at row 0" in drawn[0]
    outs = [line for line in drawn if line.startswith("  out")]
    assert ["<--" in line for line in outs] == [False, False, True]


def test_timers_and_processing_time_have_their_own_scale() -> None:
    class Waits(KeyedProcessFunction):
        def process_element(self, value, ctx):
            ctx.timer_service().register_processing_time_timer(100)
            ctx.timer_service().register_event_time_timer(60)

        def on_timer(self, timestamp, ctx):
            yield timestamp

    stream = ENV.from_collection([], PAIR).key_by(lambda row: row[0]).process(Waits()).name("Waits")
    with OperatorHarness(stream) as harness:
        harness.push(("a", 1), at=20)
        harness.advance_processing_time(50)
        harness.advance_processing_time(100)
        lines = message_of(harness, [7]).splitlines()
    assert lines[2].split() == ["event", "time", "20", "60"]
    assert lines[4].split() == ["processing", "time", "50", "150"]
    at = {line[:38].strip(): line[40:] for line in lines[6:]}
    assert at["timer at 60 of 'a'"].index("t") == 43
    assert at["timer at 100 of 'a'"].index("t") == 22
    assert at["in  processing time 50"] == "P"
    assert at["in  processing time 150"].index("P") == 43
    assert at["out 100"].strip() == "<-- expected 7"


def test_windows_that_share_slices_are_drawn_from_their_assigner() -> None:
    stream = (
        ENV.from_collection([], PAIR)
        .key_by(lambda row: row[0], Types.STRING())
        .window(SlidingEventTimeWindows.of(Time.milliseconds(40), Time.milliseconds(20)))
        .aggregate(Sum(1))
    )
    with OperatorHarness(stream) as harness:
        harness.push(("a", 1), at=25)
        harness.push(("b", 1), at=30)
        harness.push_watermark(39)
        lines = message_of(harness, [7]).splitlines()
    windows = [line.split(maxsplit=4) for line in lines if "    window of" in line]
    assert [" ".join(line[:4]) for line in windows] == ["window of each key"] * 2
    assert lines[2].split() == ["event", "time", "0", "60"]


def test_of_a_long_test_the_steps_around_the_difference_are_drawn() -> None:
    with OperatorHarness(ENV.from_collection([], PAIR).map(lambda row: row[1])) as harness:
        for number in range(300):
            harness.push(("a", number), at=number)
        expected = list(range(300))
        expected[250] = -1
        drawn = message_of(harness, expected)
    assert "in  ('a', 250) at 250" in drawn
    assert "… 215 steps before" in drawn
    assert len(drawn.splitlines()) < 100


def test_what_pipelines_collect_and_side_outputs_are_compared_as_well() -> None:
    with PipelineHarness(ENV) as harness:
        source = harness.source(Types.LONG(), "numbers")
        doubled = harness.collect(source.stream.map(lambda value: value * 2).name("Twice"))
        source.push(2)
        drawn = message_of(doubled, [5])
    assert drawn.startswith("rows of 'Twice' differ at row 0: expected 5, got 4;")
    assert "in  numbers: 2" in drawn
    with PipelineHarness(ENV) as harness:
        source = harness.source(PAIR)
        windowed = source.stream.key_by(lambda row: row[0]).window(
            TumblingEventTimeWindows.of(Time.milliseconds(40))
        )
        made = harness.collect(windowed.reduce(lambda one, other: one))
        source.push(("a", 1), at=0)
        assert "    window of 'a' " in message_of(made, [5])
    late = OutputTag("late", PAIR)
    with OperatorHarness(sums(), side_outputs=[late]) as harness:
        assert "side" not in message_of(harness.side_output(late), [1]).splitlines()[-1]


def test_nan_is_nan_and_a_row_whose_repr_raises_is_named() -> None:
    class Mute:
        def __repr__(self):
            raise ValueError

    with OperatorHarness(ENV.from_collection([]).map(lambda value: value)) as harness:
        harness.push((1, math.nan))
        assert_rows(harness, [(1, math.nan)])
        harness.push(1)
        assert "<Mute whose repr raised ValueError>" in message_of(harness, [(1, math.nan), Mute()])
