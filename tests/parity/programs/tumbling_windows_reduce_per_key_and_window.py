# order: per-key \('(\w+)'
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction, WindowFunction
from pyflink.datastream.window import TimeWindow, TumblingEventTimeWindows


class Time1(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class WithBounds(ProcessWindowFunction[tuple, tuple, str, TimeWindow]):
    def process(self, key, context: ProcessWindowFunction.Context[TimeWindow], elements):
        (only,) = elements
        window = context.window()
        yield key, window.start, window.end, window.max_timestamp(), only


class Applied(WindowFunction[tuple, tuple, str, TimeWindow]):
    def apply(self, key, window, inputs):
        return [(key, window.start, *inputs)]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [
    ("a", 1, "p"),
    ("b", 999, "q"),
    ("a", 1000, "r"),
    ("a", 2, "s"),
    ("b", 0, "t"),
    ("a", 5500, "u"),
    ("a", 1999, "v"),
]
stamped = env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time1())
)


def windowed():
    return stamped.key_by(lambda row: row[0]).window(TumblingEventTimeWindows.of(Time.seconds(1)))


def joined(left, right):
    return left[0], max(left[1], right[1]), left[2] + right[2]


windowed().reduce(joined).print()
env.execute()
windowed().reduce(joined, window_function=WithBounds()).print()
env.execute()
windowed().reduce(joined, window_function=Applied()).print()
env.execute()
