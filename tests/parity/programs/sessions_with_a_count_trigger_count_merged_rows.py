# order: per-key ^\W*(\w+)
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.window import CountTrigger, EventTimeSessionWindows, PurgingTrigger


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        yield key, window.start, window.end, sorted(row[1] for row in elements)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a", t) for t in (0, 20, 3, 10, 6, 40, 47, 21, 28)] + [("b", t) for t in (5, 1, 9, 90, 3)]
keyed = (
    env.from_collection(rows)
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    )
    .key_by(lambda row: row[0])
)
sessions = EventTimeSessionWindows.with_gap(Time.milliseconds(8))
keyed.window(sessions).trigger(CountTrigger.of(3)).process(Show()).print()
env.execute()
keyed.window(sessions).trigger(PurgingTrigger.of(CountTrigger.of(2))).process(Show()).print()
env.execute()
