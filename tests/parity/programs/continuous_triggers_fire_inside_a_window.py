# order: per-key ^\W*(\w+)
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.window import (
    ContinuousEventTimeTrigger,
    PurgingTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield key, window.start, window.end, [row[1] for row in elements]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a", t) for t in (1, 4, 12, 17, 33, 8)] + [("b", t) for t in (19, 3, 55)]
keyed = (
    env.from_collection(rows)
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    )
    .key_by(lambda row: row[0])
)
ms = Time.milliseconds
# one firing inside a window and one at its end: PyFlink hands over all due timers at once
tumbling = TumblingEventTimeWindows.of(ms(10))
keyed.window(tumbling).trigger(ContinuousEventTimeTrigger.of(ms(5))).process(Show()).print()
env.execute()
sliding = SlidingEventTimeWindows.of(ms(20), ms(10))
keyed.window(sliding).trigger(PurgingTrigger.of(ContinuousEventTimeTrigger.of(ms(10)))).process(
    Show()
).print()
env.execute()
