"""Evictors take rows out of a window when it fires; what they took out is gone."""

from __future__ import annotations

import pytest

from flinkette.common import Time, WatermarkStrategy
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError, UserFunctionError
from flinkette.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from flinkette.datastream.functions import AllWindowFunction
from flinkette.datastream.window import (
    CountTrigger,
    GlobalWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from flinkette.ext import on_row_error
from flinkette.ext.windows import (
    CountEvictor,
    DeltaEvictor,
    Evictor,
    TimeEvictor,
    TimestampedValue,
)


@pytest.fixture
def numbers():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env.from_collection([1, 2, 3, 4, 5, 6, 7])


@pytest.fixture
def keyed(numbers):
    return numbers.key_by(lambda value: "k")


class Values(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield list(elements)


def collect(stream):
    with stream.execute_and_collect() as rows:
        return list(rows)


def test_the_last_rows_before_each_firing(keyed):
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(2))
    assert collect(windows.evictor(CountEvictor.of(3)).process(Values())) == [
        [1, 2],
        [2, 3, 4],
        [4, 5, 6],
    ]


def test_rows_that_are_evicted_after_the_function_are_seen_once_more(keyed):
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(2))
    assert collect(windows.evictor(CountEvictor.of(1, True)).process(Values())) == [
        [1, 2],
        [2, 3, 4],
        [4, 5, 6],
    ]
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(3))
    assert collect(windows.evictor(CountEvictor.of(0, True)).process(Values())) == [
        [1, 2, 3],
        [4, 5, 6],
    ]


def test_count_windows_have_evictors_too(keyed):
    assert collect(keyed.count_window(3).evictor(CountEvictor.of(2)).process(Values())) == [
        [2, 3],
        [5, 6],
    ]


def test_windows_of_all_rows_have_evictors_too(numbers):
    class All(AllWindowFunction):
        def apply(self, window, inputs):
            yield list(inputs)

    windows = numbers.window_all(GlobalWindows.create()).trigger(CountTrigger.of(4))
    assert collect(windows.evictor(CountEvictor.of(2)).apply(All())) == [[3, 4]]


def test_a_time_evictor_leaves_rows_without_timestamps_alone(keyed):
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(7))
    assert collect(windows.evictor(TimeEvictor.of(Time.milliseconds(1))).process(Values())) == [
        [1, 2, 3, 4, 5, 6, 7]
    ]


def test_a_time_evictor_goes_by_the_latest_row_not_the_last(numbers):
    class Times(ProcessWindowFunction):
        def process(self, key, context, elements):
            yield [value for value, _ in elements]

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f1")
    rows = numbers._env.from_collection([(1, 5), (2, 9), (3, 6), (4, 0), (5, 7)])
    windows = (
        rows.assign_timestamps_and_watermarks(strategy)
        .key_by(lambda row: "k")
        .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
        .evictor(TimeEvictor.of(Time.milliseconds(3)))
    )
    assert collect(windows.process(Times())) == [[2, 5]]


def test_a_delta_evictor_compares_with_the_last_row(keyed):
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(7))
    nearby = DeltaEvictor.of(3, lambda row, last: last - row)
    assert collect(windows.evictor(nearby).process(Values())) == [[5, 6, 7]]


def test_a_delta_evictor_keeps_rows_whose_delta_is_no_number(keyed):
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(7))
    odd = DeltaEvictor.of(3, lambda row, last: float("nan") if row == 2 else last - row)
    assert collect(windows.evictor(odd).process(Values())) == [[2, 5, 6, 7]]


def test_reduce_and_aggregate_run_over_what_is_left(keyed):
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(3))
    last_two = windows.evictor(CountEvictor.of(2))
    assert collect(last_two.reduce(lambda a, b: a * b)) == [2 * 3, 5 * 6]


def test_a_reduce_of_no_row_gives_no_result(keyed):
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(3))
    assert collect(windows.evictor(CountEvictor.of(0)).reduce(lambda a, b: a * b)) == []


class Spy(Evictor):
    """Drops odd rows before and the smallest after, and says what it was asked."""

    def evict_before(self, elements, size, window, evictor_context):
        assert size == len(elements)
        assert all(isinstance(element, TimestampedValue) for element in elements)
        assert not any(element.has_timestamp() for element in elements)
        assert evictor_context.get_current_watermark() == -(2**63)
        assert evictor_context.get_current_processing_time() > 0
        evictor_context.get_metric_group().counter("evicted").inc()
        elements[:] = [element for element in elements if element.get_value() % 2 == 0]

    def evict_after(self, elements, size, window, evictor_context):
        assert size == len(elements)
        elements.remove(min(elements, key=TimestampedValue.get_value))


def test_an_evictor_of_ones_own(keyed):
    windows = keyed.window(GlobalWindows.create()).trigger(CountTrigger.of(3))
    assert collect(windows.evictor(Spy()).process(Values())) == [[2], [4, 6]]


class Fails(Evictor):
    def __init__(self, *, after):
        self.after = after

    def evict_before(self, elements, size, window, evictor_context):
        if not self.after:
            raise ValueError("no eviction")

    def evict_after(self, elements, size, window, evictor_context):
        if self.after:
            raise ValueError("no eviction")


@pytest.mark.parametrize("after", [False, True])
def test_an_evictor_that_raises_names_itself_and_the_window(keyed, after):
    windows = keyed.count_window(2).evictor(Fails(after=after))
    with pytest.raises(UserFunctionError) as failed:
        collect(windows.process(Values()))
    text = str(failed.value)
    assert "ValueError: no eviction at " in text
    assert f"{__file__}:" in text
    assert "; while CountWindow(id=0) fired; key: 'k'" in text


@pytest.mark.parametrize(("after", "seen"), [(False, []), (True, [[1, 2], [3, 4], [5, 6]])])
def test_a_failing_evictor_can_be_skipped_and_its_windows_end(keyed, after, seen):
    windows = keyed.count_window(2).evictor(Fails(after=after))
    assert collect(on_row_error(windows.process(Values()), "skip")) == seen


def test_processing_time_windows_keep_the_rows_times(keyed):
    windows = keyed.window(TumblingProcessingTimeWindows.of(Time.days(1)))
    fired = windows.trigger(CountTrigger.of(7)).evictor(CountEvictor.of(2))
    assert collect(fired.process(Values())) == [[6, 7]]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: CountEvictor.of(-1), InvalidPipelineError, "at least 0, got -1"),
        (lambda: CountEvictor.of(2.5), InvalidPipelineError, "whole number"),
        (lambda: TimeEvictor.of(Time.milliseconds(0)), InvalidPipelineError, "longer than 0 ms"),
        (lambda: TimeEvictor.of("1 s"), InvalidTypeError, "must be a Time or Duration"),
        (lambda: DeltaEvictor.of("3", max), InvalidTypeError, "threshold must be a number"),
        (lambda: DeltaEvictor.of(3, None), InvalidTypeError, "function of two rows, got None"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_row_without_a_timestamp_says_so():
    with pytest.raises(ValueError, match="the row 3 has no timestamp; ask has_timestamp"):
        TimestampedValue(3).get_timestamp()
    assert repr(TimestampedValue(3, 5)) == "TimestampedValue(3, 5)"
