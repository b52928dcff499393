"""Errors of code that no row caused: timers and windows say what fired."""

from __future__ import annotations

import pytest

from flinkette.common import Time, Types
from flinkette.contracts.errors import RowConversionError, UserFunctionError
from flinkette.contracts.state import ValueStateDescriptor
from flinkette.contracts.watermark_strategy import WatermarkStrategy
from flinkette.datastream import (
    KeyedProcessFunction,
    OutputTag,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext import on_row_error

ROWS = [("a", 1), ("b", 12)]


@pytest.fixture
def keyed():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f1")
    stream = env.from_collection(ROWS).assign_timestamps_and_watermarks(strategy)
    return stream.key_by(lambda row: row[0])


class Fails(KeyedProcessFunction):
    def __init__(self, *, is_event_time=True, yields=False):
        self.is_event_time = is_event_time
        self.yields = yields

    def process_element(self, value, ctx):
        if value[0] == "a" and self.is_event_time:
            ctx.timer_service().register_event_time_timer(5)
        elif value[0] == "a":
            ctx.timer_service().register_processing_time_timer(0)
        yield value

    def on_timer(self, timestamp, ctx):
        if self.yields:
            yield "a"
        raise ValueError("not now")


def error_of(stream, kind=UserFunctionError):
    with pytest.raises(kind) as failed, stream.execute_and_collect() as rows:
        list(rows)
    return failed.value


@pytest.mark.pipeline
def test_an_event_time_timer_is_named_with_its_time_and_key(keyed):
    error = error_of(keyed.process(Fails()))
    text = str(error)
    assert "; while an event-time timer fired; key: 'a'; event time: 5 ms" in text
    assert "row: " not in text
    assert (error.key, error.timestamp_ms, error.value_text) == ("a", 5, "")


@pytest.mark.pipeline
def test_a_processing_time_timer_is_named_with_its_key(keyed):
    # the rows are read before the timer fires, so that the source is not at its end
    text = str(error_of(keyed.process(Fails(is_event_time=False))))
    assert "; while a processing-time timer fired; key: 'a'" in text


@pytest.mark.pipeline
def test_a_value_of_a_timer_that_does_not_fit_says_so(keyed):
    declared = Types.TUPLE([Types.STRING(), Types.LONG()])
    text = str(error_of(keyed.process(Fails(yields=True), declared), RowConversionError))
    assert "'a' of type str" in text
    assert "; while an event-time timer fired; change" in text


@pytest.mark.pipeline
def test_the_side_output_of_a_failed_timer_has_no_value(keyed):
    tag = OutputTag("failed")
    stream = on_row_error(keyed.process(Fails()), "side-output", tag)
    (failed,) = stream.get_side_output(tag).execute_and_collect(limit=1)
    assert failed.value is None
    assert failed.key == "a"
    assert "an event-time timer" in failed.error


class Window(ProcessWindowFunction):
    def __init__(self, *, clears=False, uses_state=False):
        self.clears = clears
        self.uses_state = uses_state

    def process(self, key, context, elements):
        if self.uses_state:
            context.window_state().get_state(ValueStateDescriptor("n", Types.INT()))
        if not self.clears:
            raise ValueError("not now")
        yield key

    def clear(self, context):
        if self.clears:
            raise ValueError("not now")


@pytest.mark.pipeline
def test_a_window_that_fires_is_named_with_its_bounds_and_key(keyed):
    windows = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    text = str(error_of(windows.process(Window())))
    assert "; while TimeWindow(start=0, end=10) fired; key: 'a'" in text
    assert "row: " not in text


@pytest.mark.pipeline
def test_a_window_that_fires_by_count_is_named_too(keyed):
    error = error_of(keyed.count_window(1).process(Window()))
    assert "; while CountWindow(id=0) fired; key: 'a'" in str(error)


@pytest.mark.pipeline
def test_an_error_in_clear_says_that_a_window_ended(keyed):
    windows = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    text = str(error_of(windows.process(Window(clears=True))))
    assert "; while a window ended" in text


@pytest.mark.pipeline
def test_windows_that_merge_have_no_state_of_their_own(keyed):
    sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(5)))
    text = str(error_of(sessions.process(Window(uses_state=True))))
    assert "Per-window state is not allowed when using merging windows (state 'n')" in text
    assert "use context.global_state()" in text
