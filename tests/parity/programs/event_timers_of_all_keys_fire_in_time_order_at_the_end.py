# order: exact
from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment, TimeDomain


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Remind(KeyedProcessFunction):
    def process_element(self, value, ctx: KeyedProcessFunction.Context):
        _, time, delay = value
        assert ctx.timestamp() == time
        ctx.timer_service().register_event_time_timer(time + delay)
        yield "row", ctx.get_current_key(), ctx.timestamp()

    def on_timer(self, timestamp, ctx: KeyedProcessFunction.OnTimerContext):
        yield (
            "timer",
            ctx.get_current_key(),
            timestamp,
            ctx.timestamp(),
            ctx.time_domain() == TimeDomain.EVENT_TIME,
            ctx.timer_service().current_watermark(),
        )
        if timestamp < 1000:
            ctx.timer_service().register_event_time_timer(timestamp + 1000)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [
    ("a", 10, 500),
    ("b", 20, 100),
    ("c", 30, 600),
    ("a", 5, 45),
    ("b", 40, 300),
    ("c", -100, 0),
]
env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
).key_by(lambda row: row[0]).process(Remind()).print()
env.execute()

# The same with declared types.
env.from_collection(
    rows, type_info=Types.ROW([Types.STRING(), Types.LONG(), Types.LONG()])
).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
).key_by(lambda row: row[0], key_type=Types.STRING()).process(Remind()).print()
env.execute()
