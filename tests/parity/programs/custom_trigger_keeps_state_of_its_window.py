# order: per-key ^\W*(\w+)
# parallelism: as written
from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import WindowFunction
from pyflink.datastream.state import ReducingStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import Trigger, TriggerResult, TumblingEventTimeWindows


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class AtTotal(Trigger):
    """Fires when the third fields since the last firing add up to the limit, and purges on 0."""

    def __init__(self, limit):
        self.limit = limit
        self.total = ReducingStateDescriptor("total", lambda a, b: a + b, Types.LONG())
        self.firings = ValueStateDescriptor("firings", Types.LONG())

    def on_element(self, element, timestamp, window, ctx):
        if element[2] == 0:
            return TriggerResult.PURGE
        total = ctx.get_partitioned_state(self.total)
        total.add(element[2])
        if total.get() < self.limit:
            return TriggerResult.CONTINUE
        total.clear()
        firings = ctx.get_partitioned_state(self.firings)
        firings.update((firings.value() or 0) + 1)
        if firings.value() % 2 == 0:
            return TriggerResult.FIRE_AND_PURGE
        return TriggerResult.FIRE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        ctx.get_partitioned_state(self.total).clear()
        ctx.get_partitioned_state(self.firings).clear()


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        yield key, window.start, [row[2] for row in inputs]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a", t, v) for t, v in enumerate([3, 4, 5, 0, 9, 1, 1, 20, 30, 2, 8, 0, 9, 7, 3, 3])]
rows += [("b", t, v) for t, v in enumerate([10, 10, 10, 0, 3, 7, 1, 9, 9, 9, 12])]
env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
).key_by(lambda row: row[0]).window(TumblingEventTimeWindows.of(Time.milliseconds(8))).trigger(
    AtTotal(10)
).apply(Show()).print()
env.execute()
