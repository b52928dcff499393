# order: any
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield window.start, window.end, window.max_timestamp(), sorted(elements)


YEAR_1 = -62_135_596_800_000
YEAR_9999 = 253_402_300_799_999
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
times = [YEAR_1, YEAR_1 + 1, YEAR_9999, -86_400_000, -86_400_001, 4_000_000_000_000, -1, 0]
stamped = env.from_collection(times).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
)
for title, assigner in [
    ("days", TumblingEventTimeWindows.of(Time.days(1))),
    ("days of China", TumblingEventTimeWindows.of(Time.days(1), Time.hours(-8))),
    ("weeks by days", SlidingEventTimeWindows.of(Time.days(2), Time.days(1), Time.hours(5))),
    ("sessions", EventTimeSessionWindows.with_gap(Time.days(300_000))),
]:
    print(title)
    stamped.key_by(lambda value: 0).window(assigner).process(Show()).print()
    env.execute()
