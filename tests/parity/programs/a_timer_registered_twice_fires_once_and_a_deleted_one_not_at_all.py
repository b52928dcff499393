# order: exact
from pyflink.common import WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment


class Time(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Timers(KeyedProcessFunction):
    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        timers.register_event_time_timer(1000)
        timers.register_event_time_timer(value + 1)
        timers.register_event_time_timer(value + 2)
        timers.register_event_time_timer(value + 2)
        timers.delete_event_time_timer(value + 1)
        timers.delete_event_time_timer(5555)

    def on_timer(self, timestamp, ctx):
        yield ctx.get_current_key(), timestamp
        if timestamp == 1000:
            ctx.timer_service().register_event_time_timer(4000 + ctx.get_current_key())
            ctx.timer_service().register_event_time_timer(5000 + ctx.get_current_key())
            ctx.timer_service().register_event_time_timer(5000 + ctx.get_current_key())
            ctx.timer_service().register_event_time_timer(3000)
            ctx.timer_service().delete_event_time_timer(3000)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([10, 11, 2000, 12]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time())
).key_by(lambda value: value % 2).process(Timers()).print()
env.execute()
