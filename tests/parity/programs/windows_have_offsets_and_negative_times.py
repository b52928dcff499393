# order: exact
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import WindowFunction
from pyflink.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        yield window.start, window.end, list(inputs)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
times = [0, -1, -10, -11, 9, 10, 3, -3, 1_357_000_000_000]
stamped = env.from_collection(times).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
)
ms = Time.milliseconds
for title, assigner in [
    ("tumbling", TumblingEventTimeWindows.of(ms(10))),
    ("tumbling, offset 3", TumblingEventTimeWindows.of(ms(10), ms(3))),
    ("tumbling, offset -3", TumblingEventTimeWindows.of(ms(10), ms(-3))),
    ("sliding", SlidingEventTimeWindows.of(ms(10), ms(5))),
    ("sliding, offset 2", SlidingEventTimeWindows.of(ms(10), ms(5), ms(2))),
    ("session", EventTimeSessionWindows.with_gap(ms(2))),
]:
    print(title)
    stamped.key_by(lambda value: "k").window(assigner).apply(Show()).print()
    env.execute()
