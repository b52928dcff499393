# order: exact
from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, ProcessFunction, StreamExecutionEnvironment


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Watermarks(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.timestamp(), ctx.timer_service().current_watermark()


class Plain(ProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.timestamp(), ctx.timer_service().current_watermark()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.get_config().set_auto_watermark_interval(60_000)
stamped = env.from_collection([0, 8, 4, 6]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
)
stamped.key_by(lambda value: 0).process(Watermarks()).print()
env.execute()
stamped.process(Plain()).print()
env.execute()
env.from_collection([0, 8]).key_by(lambda value: 0).process(Watermarks()).print()
env.execute()
