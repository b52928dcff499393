# order: per-key ^\W*(\w+)
# parallelism: as written
from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from pyflink.datastream.window import CountTrigger, SlidingEventTimeWindows


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    firings = ValueStateDescriptor("firings", Types.INT())
    sizes = ListStateDescriptor("sizes", Types.INT())
    starts = MapStateDescriptor("starts", Types.LONG(), Types.INT())
    largest = ReducingStateDescriptor("largest", max, Types.LONG())

    def process(self, key, context, elements):
        values = [row[1] for row in elements]
        firings = context.window_state().get_state(self.firings)
        firings.update((firings.value() or 0) + 1)
        sizes = context.window_state().get_list_state(self.sizes)
        sizes.add(len(values))
        starts = context.global_state().get_map_state(self.starts)
        start = context.window().start
        starts.put(start, (starts.get(start) or 0) + 1)
        largest = context.global_state().get_reducing_state(self.largest)
        for value in values:
            largest.add(value)
        yield key, start, firings.value(), list(sizes.get()), sorted(starts.items()), largest.get()

    def clear(self, context):
        context.window_state().get_state(self.firings).clear()
        context.window_state().get_list_state(self.sizes).clear()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a", t) for t in (1, 2, 6, 11, 3, 12)] + [("b", t) for t in (14, 13, 2)]
env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
).key_by(lambda row: row[0]).window(
    SlidingEventTimeWindows.of(Time.milliseconds(10), Time.milliseconds(5))
).trigger(CountTrigger.of(2)).process(Show()).print()
env.execute()
