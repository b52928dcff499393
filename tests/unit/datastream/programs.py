"""Functions and streams that the tests of the stream methods build programs of."""

from pathlib import Path

from flinkette.common import Time, Types
from flinkette.contracts.functions import (
    AggregateFunction,
    AllWindowFunction,
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessAllWindowFunction,
    ProcessFunction,
    ProcessWindowFunction,
    ReduceFunction,
    WindowFunction,
)
from flinkette.datastream.window import TumblingEventTimeWindows

PAIR = Types.TUPLE([Types.STRING(), Types.INT()])
FIVE_SECONDS = TumblingEventTimeWindows.of(Time.seconds(5))


class Doubled(MapFunction):
    def map(self, value):
        return value * 2


class Words(FlatMapFunction):
    def flat_map(self, value):
        return value.split()


class Even(FilterFunction):
    def filter(self, value):
        return value % 2 == 0


class Later(ReduceFunction):
    def reduce(self, value1, value2):
        return value2


class PassOn(ProcessFunction):
    def process_element(self, value, ctx):
        yield value


class KeyedPassOn(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield value


class Rows(WindowFunction):
    def apply(self, key, window, inputs):
        yield from inputs


class RowsWithContext(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield from elements


class AllRows(AllWindowFunction):
    def apply(self, window, inputs):
        yield from inputs


class AllRowsWithContext(ProcessAllWindowFunction):
    def process(self, context, elements):
        yield from elements


class Length(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + 1

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


def node_of(stream):
    (edge,) = stream._edges
    return edge.source


def line_of(file, text):
    """Return the line of a file that holds `text` first."""
    lines = Path(file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
