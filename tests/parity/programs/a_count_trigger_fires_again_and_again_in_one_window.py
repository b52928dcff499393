# order: exact
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import WindowFunction
from pyflink.datastream.window import (
    CountTrigger,
    GlobalWindows,
    PurgingTrigger,
    TumblingEventTimeWindows,
)


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        yield key, list(inputs)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
stamped = env.from_collection([1, 2, 3, 14, 5, 6, 17, 8, 9]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
)
keyed = stamped.key_by(lambda value: "k")
keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10))).trigger(CountTrigger.of(2)).apply(
    Show()
).print()
env.execute()
keyed = stamped.key_by(lambda value: value % 2)
keyed.window(GlobalWindows.create()).trigger(PurgingTrigger.of(CountTrigger.of(2))).apply(
    Show()
).print()
env.execute()
