# order: exact
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.window import Trigger, TriggerResult, TumblingEventTimeWindows


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class EarlyAndAtTheEnd(Trigger):
    """Fires three ms after a row, unless the row is odd, and at the end of the window."""

    def on_element(self, element, timestamp, window, ctx):
        ctx.register_event_time_timer(window.max_timestamp())
        ctx.register_event_time_timer(timestamp + 3)
        if element % 2 == 1:
            ctx.delete_event_time_timer(timestamp + 3)
        return TriggerResult.CONTINUE

    def on_processing_time(self, time, window, ctx):
        return TriggerResult.CONTINUE

    def on_event_time(self, time, window, ctx):
        return TriggerResult.FIRE

    def on_merge(self, window, ctx):
        pass

    def clear(self, window, ctx):
        ctx.delete_event_time_timer(window.max_timestamp())


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield key, context.window().start, list(elements)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([0, 2, 5, 11, 13, 16, 20, 24, 39]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
).key_by(lambda value: "k").window(TumblingEventTimeWindows.of(Time.milliseconds(10))).trigger(
    EarlyAndAtTheEnd()
).process(Show()).print()
env.execute()
