# order: exact
# parallelism: as written
from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import AllWindowFunction, ProcessAllWindowFunction
from pyflink.datastream.window import (
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    TimeWindow,
    TumblingEventTimeWindows,
)


class First(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[0]


class Show(AllWindowFunction[tuple, tuple, TimeWindow]):
    def apply(self, window: TimeWindow, inputs):
        yield window.start, window.end, list(inputs)


class ShowToo(ProcessAllWindowFunction):
    def process(self, context, elements):
        yield context.window().start, [name for _, name in elements]


class Longest(AggregateFunction):
    def create_accumulator(self):
        return ""

    def add(self, value, accumulator):
        return max(value[1], accumulator, key=len)

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return max(acc_a, acc_b, key=len)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
stamped = env.from_collection(
    [(1, "a"), (12, "bb"), (3, "ccc"), (22, "d"), (19, "ee")]
).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(First())
)
tumbling = TumblingEventTimeWindows.of(Time.milliseconds(10))
stamped.window_all(tumbling).apply(Show()).print()
env.execute()
stamped.window_all(tumbling).process(ShowToo()).print()
env.execute()
stamped.window_all(tumbling).reduce(lambda left, right: (right[0], left[1] + right[1])).print()
env.execute()
stamped.window_all(tumbling).aggregate(Longest(), output_type=Types.STRING()).print()
env.execute()
stamped.window_all(EventTimeSessionWindows.with_gap(Time.milliseconds(5))).process(ShowToo()).map(
    lambda row: (row[0], sorted(row[1]))
).print()
env.execute()
stamped.window_all(CountTumblingWindowAssigner.of(2)).reduce(
    lambda left, right: (left[0] + right[0], left[1] + right[1])
).print()
env.execute()
