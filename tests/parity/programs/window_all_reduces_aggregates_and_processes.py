# order: exact
# parallelism: as written
from pyflink.common import Time, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import (
    AggregateFunction,
    AllWindowFunction,
    ProcessAllWindowFunction,
)
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import (
    CountTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from pyflink.common import Types


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


class Mean(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value, accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1]

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1]


class Process(ProcessAllWindowFunction):
    def process(self, context, elements):
        windows = context.global_state().get_state(ValueStateDescriptor("windows", Types.INT()))
        windows.update((windows.value() or 0) + 1)
        starts = context.global_state().get_list_state(ListStateDescriptor("starts", Types.LONG()))
        starts.add(context.window().start)
        yield windows.value(), list(starts.get()), list(elements)

    def clear(self, context):
        pass


class Apply(AllWindowFunction):
    def apply(self, window, inputs):
        yield window.start, window.end, list(inputs)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
stamped = env.from_collection([5, 1, 13, 2, 19, 8, 31]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself())
)
ms = Time.milliseconds
tumbling = stamped.window_all(TumblingEventTimeWindows.of(ms(10)))
tumbling.reduce(lambda a, b: a * b, Apply()).print()
env.execute()
sliding = stamped.window_all(SlidingEventTimeWindows.of(ms(20), ms(10)))
sliding.aggregate(Mean()).print()
env.execute()
tumbling.process(Process()).print()
env.execute()
tumbling.trigger(CountTrigger.of(2)).apply(Apply()).print()
env.execute()
