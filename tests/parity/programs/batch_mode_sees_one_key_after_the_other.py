# order: per-key ^\W*(\w+)
from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, RuntimeExecutionMode
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext):
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.LONG()))

    def process_element(self, value, ctx: KeyedProcessFunction.Context):
        self.seen.add(value[1])
        ctx.timer_service().register_event_time_timer(value[1] + 5)
        yield value[0], "row", value[1], list(self.seen.get())

    def on_timer(self, timestamp, ctx: KeyedProcessFunction.OnTimerContext):
        yield ctx.get_current_key(), "timer", timestamp, list(self.seen.get())


env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
env.set_parallelism(1)
rows = [("b", 7), ("a", 5), ("c", 1), ("a", 2), ("b", 3), ("a", 9), ("c", 1), ("b", -4)]
env.from_collection(rows, Types.TUPLE([Types.STRING(), Types.LONG()])).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
).key_by(lambda row: row[0], Types.STRING()).process(Show()).print()
env.execute()
