# order: any
from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import CoProcessFunction, OutputTag, StreamExecutionEnvironment

tag = OutputTag("times", Types.TUPLE([Types.STRING(), Types.LONG()]))


class Time(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Both(CoProcessFunction):
    def process_element1(self, value, ctx):
        yield "first", value[0], ctx.timestamp()
        yield tag, (value[0], ctx.timestamp() * 10)

    def process_element2(self, value, ctx):
        if value[1] != 7:
            return [("second", value[0], ctx.timestamp()), (tag, ("second", value[1]))]
        return None


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time())
first = env.from_collection([("a", 5), ("b", 50)]).assign_timestamps_and_watermarks(strategy)
second = env.from_collection([("x", 6), ("y", 7), ("z", 8)])
main = first.connect(second.assign_timestamps_and_watermarks(strategy)).process(Both())
main.print()
main.get_side_output(tag).print()
env.execute()
