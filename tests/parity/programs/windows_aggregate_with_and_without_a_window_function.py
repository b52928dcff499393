# order: per-key ^\W*(\w+)
# parallelism: as written
from collections.abc import Iterable

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction, WindowFunction
from pyflink.datastream.window import SlidingEventTimeWindows, TimeWindow


class Time1(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class CountAndText(AggregateFunction):
    def create_accumulator(self):
        return [0, ""]

    def add(self, value, accumulator):
        accumulator[0] += 1
        accumulator[1] += value[2]
        return accumulator

    def get_result(self, accumulator):
        return accumulator[0], accumulator[1]

    def merge(self, acc_a, acc_b):
        raise RuntimeError("merge is called for merging windows only")


class Named(ProcessWindowFunction[tuple, tuple, str, TimeWindow]):
    def process(self, key, context, elements: Iterable[tuple]):
        for count, text in elements:
            yield key, context.window().start, context.window().end, count, text

    def clear(self, context):
        pass


class Applied(WindowFunction[tuple, tuple, str, TimeWindow]):
    def apply(self, key, window: TimeWindow, inputs: Iterable[tuple]):
        for count, text in inputs:
            yield key, window.end, count, text


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [
    ("a", 12, "p"),
    ("b", 3, "q"),
    ("a", 14, "r"),
    ("a", 29, "s"),
    ("b", 15, "t"),
    ("a", 0, "u"),
]
stamped = env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time1())
)


def windowed():
    return stamped.key_by(lambda row: row[0]).window(
        SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))
    )


windowed().aggregate(CountAndText(), window_function=Named()).print()
env.execute()
windowed().aggregate(CountAndText(), Applied()).print()
env.execute()
windowed().aggregate(
    CountAndText(),
    window_function=Named(),
    accumulator_type=Types.PICKLED_BYTE_ARRAY(),
    output_type=Types.TUPLE(
        [Types.STRING(), Types.LONG(), Types.LONG(), Types.INT(), Types.STRING()]
    ),
).print()
env.execute()


class KeyedCount(CountAndText):
    def add(self, value, accumulator):
        return [value[0], accumulator[1] + value[2]]


windowed().aggregate(KeyedCount()).print()
env.execute()
