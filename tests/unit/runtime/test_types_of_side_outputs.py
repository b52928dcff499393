"""Values of side outputs have the type that their tag declares."""

from __future__ import annotations

import pytest

from flinkette.common import Time, Types, WatermarkStrategy
from flinkette.contracts.errors import RowConversionError
from flinkette.datastream import (
    OutputTag,
    ProcessFunction,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.joins import ProcessJoinFunction

PRICES = OutputTag("prices", Types.TUPLE([Types.STRING(), Types.FLOAT()]))
ROUNDED = ("x", 0.10000000149011612)


class Splits(ProcessFunction):
    def __init__(self, value):
        self.value = value

    def process_element(self, value, ctx):
        yield PRICES, self.value
        yield value


class SplitsWindows(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield PRICES, ("x", 0.1)


@pytest.fixture
def numbers():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env.from_collection([(1, 1)])


def collect(stream):
    with stream.execute_and_collect() as rows:
        return list(rows)


def test_a_process_functions_side_output_is_converted(numbers):
    stream = numbers.process(Splits(("x", 0.1)))
    assert collect(stream.get_side_output(PRICES)) == [ROUNDED]


def test_a_window_functions_side_output_is_converted(numbers):
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f1")
    keyed = numbers.assign_timestamps_and_watermarks(strategy).key_by(lambda row: row[0])
    windows = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(5)))
    assert collect(windows.process(SplitsWindows()).get_side_output(PRICES)) == [ROUNDED]


class SplitsPairs(ProcessJoinFunction):
    def process_element(self, left, right, ctx):
        yield PRICES, ("x", 0.1)


def test_an_interval_joins_side_output_is_converted(numbers):
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f1")
    keyed = numbers.assign_timestamps_and_watermarks(strategy).key_by(lambda row: row[0])
    near = keyed.interval_join(keyed).between(Time.milliseconds(0), Time.milliseconds(1))
    assert collect(near.process(SplitsPairs()).get_side_output(PRICES)) == [ROUNDED]


def test_a_value_that_does_not_fit_is_refused_with_the_place(numbers):
    stream = numbers.process(Splits(("x", "cheap")))
    with pytest.raises(RowConversionError, match=rf"{__file__}:\d+.*'cheap'.*row: \(1, 1\)"):
        collect(stream.get_side_output(PRICES))
