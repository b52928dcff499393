# order: per-key ^\W*(\w+)
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction, WindowFunction
from pyflink.datastream.window import EventTimeSessionWindows, TimeWindow


class Time1(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessWindowFunction[tuple, tuple, str, TimeWindow]):
    def process(self, key, context, elements):
        yield key, context.window().start, context.window().end, [row[2] for row in elements]


class ShowOne(WindowFunction[tuple, tuple, str, TimeWindow]):
    def apply(self, key, window, inputs):
        yield key, window.start, window.end, *inputs


class Times(AggregateFunction):
    def create_accumulator(self):
        return ()

    def add(self, value, accumulator):
        return (*accumulator, value[1])

    def get_result(self, accumulator):
        return sorted(accumulator)

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
# gap 10: 0 and 10 touch; 35 bridges 30 and 44; b stands alone
rows = [
    ("a", 0, "p"),
    ("a", 10, "q"),
    ("b", 5, "r"),
    ("a", 30, "s"),
    ("a", 44, "t"),
    ("a", 35, "u"),
    ("a", 65, "v"),
    ("b", 16, "w"),
    ("a", -7, "x"),
    ("b", 5, "y"),
]
stamped = env.from_collection(rows).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time1())
)


def sessions(rows=stamped):
    return rows.key_by(lambda row: row[0]).window(
        EventTimeSessionWindows.with_gap(Time.milliseconds(10))
    )


sessions().process(Show()).map(lambda row: (*row[:3], sorted(row[3]))).print()
env.execute()
# PyFlink loses values when it merges two sessions that have a reduced value each: no bridge here.
unbridged = stamped.filter(lambda row: row[2] != "u")
sessions(unbridged).aggregate(Times(), window_function=ShowOne()).print()
env.execute()
sessions(unbridged).reduce(
    lambda left, right: (left[0], max(left[1], right[1]), left[2] + right[2])
).map(lambda row: (row[0], row[1], "".join(sorted(row[2])))).print()
env.execute()
