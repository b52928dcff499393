# order: any
# parallelism: as written
from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.window import (
    EventTimeTrigger,
    TimeWindow,
    TimeWindowSerializer,
    WindowAssigner,
)


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class OwnAndAll(WindowAssigner):
    """A window of the row's ten, and one of the row's hundred for rows that are even."""

    def assign_windows(self, element, timestamp, context):
        ten = timestamp - timestamp % 10
        windows = [TimeWindow(ten, ten + 10)]
        if element[1] % 2 == 0:
            hundred = timestamp - timestamp % 100
            windows.append(TimeWindow(hundred, hundred + 100))
        return windows

    def get_default_trigger(self, env):
        return EventTimeTrigger.create()

    def get_window_serializer(self):
        return TimeWindowSerializer()

    def is_event_time(self):
        return True


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield key, window.start, window.end, [row[1] for row in elements]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a", 4), ("b", 5), ("a", 17), ("a", 18), ("b", 112), ("a", -3), ("b", -20), ("a", 11)]
env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
).key_by(lambda row: row[0]).window(OwnAndAll()).process(Show()).print()
env.execute()
