# order: per-key ^\W*(\w+)
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import WindowFunction
from pyflink.datastream.window import SlidingEventTimeWindows, TimeWindow


class Time1(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Applied(WindowFunction[tuple, tuple, str, TimeWindow]):
    def apply(self, key, window, inputs):
        yield key, window.start, window.end, [row[2] for row in inputs]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [
    ("a", 7, 100),
    ("a", 1, 20),
    ("a", 6, 3),
    ("b", 14, 50),
    ("a", 11, 1),
    ("b", 9, 4),
    ("a", 3, 9),
]
stamped = env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time1())
)
for size, slide in [(10, 5), (10, 3), (4, 6)]:
    print("size", size, "slide", slide)
    stamped.key_by(lambda row: row[0]).window(
        SlidingEventTimeWindows.of(Time.milliseconds(size), Time.milliseconds(slide))
    ).reduce(lambda left, right: (left[0], right[1], left[2] - right[2])).print()
    env.execute()
    stamped.key_by(lambda row: row[0]).window(
        SlidingEventTimeWindows.of(Time.milliseconds(size), Time.milliseconds(slide))
    ).apply(Applied()).print()
    env.execute()
