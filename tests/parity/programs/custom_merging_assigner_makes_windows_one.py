# order: per-key ^\W*(\w+)
from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.window import (
    EventTimeTrigger,
    MergingWindowAssigner,
    TimeWindow,
    TimeWindowSerializer,
)


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Visits(MergingWindowAssigner):
    """Sessions whose gap is the row's third field; an "out" row ends five ms after itself."""

    def assign_windows(self, element, timestamp, context):
        return [TimeWindow(timestamp, timestamp + element[2])]

    def merge_windows(self, windows, callback):
        TimeWindow.merge_windows(windows, callback)

    def get_default_trigger(self, env):
        return EventTimeTrigger.create()

    def get_window_serializer(self):
        return TimeWindowSerializer()

    def is_event_time(self):
        return True


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield key, window.start, window.end, sorted(row[1] for row in elements)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [
    ("a", 0, 5),
    ("a", 20, 5),
    ("a", 3, 3),
    ("b", 1, 1),
    ("b", 3, 1),
    ("a", 6, 14),
    ("b", 2, 1),
    ("a", 40, 2),
    ("b", -50, 10),
]
env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
).key_by(lambda row: row[0]).window(Visits()).process(Show()).print()
env.execute()
