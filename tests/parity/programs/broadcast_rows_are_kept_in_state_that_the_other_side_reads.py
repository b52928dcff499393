# order: any
# parallelism: as written
from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import (
    KeyedBroadcastProcessFunction,
    OutputTag,
    StreamExecutionEnvironment,
)
from pyflink.datastream.data_stream import BroadcastConnectedStream, BroadcastStream
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

fired = OutputTag("fired", Types.TUPLE([Types.STRING(), Types.LONG()]))
rules = MapStateDescriptor("rules", Types.STRING(), Types.LONG())
notes = MapStateDescriptor("notes", Types.STRING(), Types.STRING())


class Time(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Ruled(KeyedBroadcastProcessFunction):
    def open(self, runtime_context):
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))

    def process_element(self, value, ctx):
        self.sum.update((self.sum.value() or 0) + value[1])
        ctx.timer_service().register_event_time_timer(1000)
        yield "row", ctx.get_current_key(), ctx.timestamp(), self.sum.value()

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(rules)
        before = state.get(value[0])
        if value[1] < 0:
            state.remove(value[0])
        else:
            state.put(value[0], value[1])
        ctx.get_broadcast_state(notes)[value[0]] = f"last {value[1]}"
        yield "rule", value[0], before, sorted(state.items()), ctx.timestamp()

    def on_timer(self, timestamp, ctx):
        state = ctx.get_broadcast_state(rules)
        key = ctx.get_current_key()
        yield "timer", key, state.get(key), state.contains(key), sorted(state.keys())
        yield "notes", key, sorted(ctx.get_broadcast_state(notes).values()), self.sum.value()
        yield fired, (key, timestamp)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time())
rows = env.from_collection([("a", 1), ("b", 2), ("a", 3)])
updates = env.from_collection([("a", 10), ("c", 20), ("c", -1), ("a", 11)])
broadcast = updates.assign_timestamps_and_watermarks(strategy).broadcast(rules, notes)
assert isinstance(broadcast, BroadcastStream)
connected = (
    rows.assign_timestamps_and_watermarks(strategy).key_by(lambda row: row[0]).connect(broadcast)
)
assert isinstance(connected, BroadcastConnectedStream)
main = connected.process(Ruled())
main.print()
main.get_side_output(fired).print()
env.execute()
