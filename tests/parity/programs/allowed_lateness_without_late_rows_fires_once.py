# order: exact
from pyflink.common import Duration, Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, StreamExecutionEnvironment
from pyflink.datastream.functions import WindowFunction
from pyflink.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        yield window.start, window.end, sorted(inputs)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
late = OutputTag("late")
stamped = env.from_collection([1, 25, 3, 14, 7]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(100)).with_timestamp_assigner(
        Itself()
    )
)
for assigner in [
    TumblingEventTimeWindows.of(Time.milliseconds(10)),
    EventTimeSessionWindows.with_gap(Time.milliseconds(5)),
]:
    windows = (
        stamped.key_by(lambda value: 0)
        .window(assigner)
        .allowed_lateness(1000)
        .side_output_late_data(late)
        .apply(Show())
    )
    windows.print()
    windows.get_side_output(late).map(lambda value: ("late", value)).print()
    env.execute()
