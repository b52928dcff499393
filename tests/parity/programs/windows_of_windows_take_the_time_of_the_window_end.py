# order: exact
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import WindowFunction
from pyflink.datastream.window import TumblingEventTimeWindows


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Counted(WindowFunction):
    def apply(self, key, window, inputs):
        yield key, len(list(inputs))


class Total(WindowFunction):
    def apply(self, key, window, inputs):
        yield window.start, sorted(inputs)


class Stamp(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.timestamp()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
counts = (
    env.from_collection([("a", 1), ("b", 5), ("a", 12), ("a", 18), ("b", 31), ("a", 8)])
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    )
    .key_by(lambda row: row[0])
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .apply(Counted())
)
counts.key_by(lambda row: 0).window(TumblingEventTimeWindows.of(Time.milliseconds(20))).apply(
    Total()
).print()
env.execute()
counts.filter(lambda row: row[0] == "a").key_by(lambda row: 0).process(Stamp()).print()
env.execute()
