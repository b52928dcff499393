# order: exact
from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Past(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value)

    def on_timer(self, timestamp, ctx):
        yield timestamp, ctx.timestamp(), ctx.timer_service().current_watermark()
        if timestamp == 70:
            for past in (60, -60, 70):
                ctx.timer_service().register_event_time_timer(past - 1)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([10, 50, 70]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
).key_by(lambda value: 0).process(Past()).print()
env.execute()
