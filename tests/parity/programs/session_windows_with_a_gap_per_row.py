# order: per-key ^\W*(\w+)
from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SessionWindowTimeGapExtractor,
    TimeWindow,
)


class Time1(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Gap(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return element[2]


class Show(ProcessWindowFunction[tuple, tuple, str, TimeWindow]):
    def process(self, key, context, elements):
        yield key, context.window().start, context.window().end, sorted(row[1] for row in elements)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection(
    [
        ("a", 0, 5),
        ("a", 6, 20),
        ("a", 25, 1),
        ("a", 27, 1),
        ("b", 0, 100),
        ("b", 50, 1),
        ("b", 101, 3),
    ]
).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time1())
).key_by(lambda row: row[0]).window(EventTimeSessionWindows.with_dynamic_gap(Gap())).process(
    Show()
).print()
env.execute()
