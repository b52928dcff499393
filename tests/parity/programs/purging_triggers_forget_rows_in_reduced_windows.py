# order: per-key ^\W*(\w+)
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import AggregateFunction, ProcessWindowFunction
from pyflink.datastream.window import (
    CountTrigger,
    EventTimeTrigger,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Sum(AggregateFunction):
    def create_accumulator(self):
        return "", 0

    def add(self, value, accumulator):
        return value[0], accumulator[1] + value[2]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, a, b):
        return a[0] or b[0], a[1] + b[1]


class Bounds(ProcessWindowFunction):
    def process(self, key, context, elements):
        for element in elements:
            yield key, context.window().start, element


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a", t, 1 << t) for t in range(12)] + [("b", 3 * t, t) for t in range(9)]
keyed = (
    env.from_collection(rows)
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    )
    .key_by(lambda row: row[0])
)


def add(a, b):
    return a[0], a[1], a[2] + b[2]


ten = TumblingEventTimeWindows.of(Time.milliseconds(10))
keyed.window(ten).trigger(PurgingTrigger.of(CountTrigger.of(3))).reduce(add, Bounds()).print()
env.execute()
keyed.window(ten).trigger(PurgingTrigger.of(EventTimeTrigger.create())).aggregate(Sum()).print()
env.execute()
sliding = SlidingEventTimeWindows.of(Time.milliseconds(8), Time.milliseconds(4))
keyed.window(sliding).trigger(CountTrigger.of(2)).aggregate(Sum(), Bounds()).print()
env.execute()
