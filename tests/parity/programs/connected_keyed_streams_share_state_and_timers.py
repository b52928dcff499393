# order: any
from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedCoProcessFunction, OutputTag, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

fired = OutputTag("fired", Types.TUPLE([Types.STRING(), Types.LONG()]))


class Time(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Matched(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))
        self.seen = runtime_context.get_map_state(
            MapStateDescriptor("seen", Types.STRING(), Types.LONG())
        )

    def process_element1(self, value, ctx):
        self.total.update((self.total.value() or 0) + value[1])
        self.seen.put("first", (self.seen.get("first") or 0) + 1)
        ctx.timer_service().register_event_time_timer(10000)
        yield ctx.get_current_key(), "first", self.seen.get("first"), ctx.timestamp()

    def process_element2(self, value, ctx):
        self.total.update((self.total.value() or 0) + 1000 * value[1])
        self.seen.put("second", (self.seen.get("second") or 0) + 1)
        ctx.timer_service().register_event_time_timer(20000)
        yield ctx.get_current_key(), "second", self.seen.get("second"), ctx.timestamp()

    def on_timer(self, timestamp, ctx):
        yield ctx.get_current_key(), sorted(self.seen.items()), self.total.value(), timestamp
        yield fired, (ctx.get_current_key(), ctx.timestamp())


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time())
first = env.from_collection([("a", 1), ("b", 2), ("a", 3), ("c", 4)])
second = env.from_collection([(5, "b"), (6, "a"), (7, "d")]).map(lambda row: (row[1], row[0]))
main = (
    first.assign_timestamps_and_watermarks(strategy)
    .connect(second.assign_timestamps_and_watermarks(strategy))
    .key_by(lambda row: row[0], lambda row: row[0], Types.STRING())
    .process(Matched())
)
main.print()
main.get_side_output(fired).print()
env.execute()
