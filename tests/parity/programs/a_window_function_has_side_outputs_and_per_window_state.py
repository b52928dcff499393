# order: any
# parallelism: as written
from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import OutputTag, StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.datastream.window import TumblingEventTimeWindows

big = OutputTag("big", Types.STRING())


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        windows = context.global_state().get_state(ValueStateDescriptor("windows", Types.INT()))
        windows.update((windows.value() or 0) + 1)
        firings = context.window_state().get_state(ValueStateDescriptor("firings", Types.INT()))
        firings.update((firings.value() or 0) + 1)
        values = list(elements)
        if len(values) > 1:
            yield big, f"{key} {values}"
        yield key, context.window().start, windows.value(), firings.value()

    def clear(self, context):
        context.window_state().get_state(ValueStateDescriptor("firings", Types.INT())).clear()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
windows = (
    env.from_collection([1, 2, 13, 14, 5, 26, 37])
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
    )
    .key_by(lambda value: value % 2)
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .process(Show())
)
windows.print()
windows.get_side_output(big).print()
env.execute()
