# order: exact
# parallelism: as written
from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment


class Given(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value * 100


class Later(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return record_timestamp + 7


class Show(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.timestamp()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
stamped = env.from_collection([1, 2, 3]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Given())
)
stamped.map(lambda value: value + 10).flat_map(lambda value: [value, -value]).filter(
    lambda value: value != -12
).key_by(lambda value: 0).process(Show()).print()
env.execute()
stamped.map(str).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Later())
).key_by(lambda value: 0).process(Show()).print()
env.execute()
stamped.key_by(lambda value: value % 2).sum().key_by(lambda value: 0).process(Show()).print()
env.execute()
