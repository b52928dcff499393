# order: per-key ^\W*(\w+)
# parallelism: as written
from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Quiet(KeyedProcessFunction):
    """Says when a key was quiet for ten ms: each row deletes the timer of the row before."""

    def open(self, runtime_context: RuntimeContext):
        self.due = runtime_context.get_state(ValueStateDescriptor("due", Types.LONG()))
        self.rows = runtime_context.get_state(ValueStateDescriptor("rows", Types.LONG()))

    def process_element(self, value, ctx: KeyedProcessFunction.Context):
        timers = ctx.timer_service()
        if self.due.value() is not None:
            timers.delete_event_time_timer(self.due.value())
        timers.delete_event_time_timer(-999)
        self.due.update(ctx.timestamp() + 10)
        self.rows.update((self.rows.value() or 0) + 1)
        timers.register_event_time_timer(self.due.value())

    def on_timer(self, timestamp, ctx: KeyedProcessFunction.OnTimerContext):
        yield ctx.get_current_key(), timestamp, ctx.timestamp(), self.rows.value()
        self.due.clear()
        if self.rows.value() > 0:
            self.rows.update(self.rows.value() - 2)
            ctx.timer_service().register_event_time_timer(timestamp + 100)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a", 1), ("b", 2), ("a", 5), ("b", -7), ("c", 5), ("a", 11), ("c", 4)]
env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
).key_by(lambda row: row[0]).process(Quiet()).print()
env.execute()
