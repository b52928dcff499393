# order: any
from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, OutputTag, StreamExecutionEnvironment

tag = OutputTag("times", Types.TUPLE([Types.STRING(), Types.LONG()]))


class Time(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Split(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] // 100 * 100 + 99)
        return [value, (tag, (value[0], value[1]))]

    def on_timer(self, timestamp, ctx):
        yield tag, ("timer of " + ctx.get_current_key(), timestamp)
        yield "fired", ctx.get_current_key()


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
main = (
    env.from_collection([("a", 5), ("b", 50), ("a", 120), ("b", 60)])
    .assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time())
    )
    .key_by(lambda row: row[0])
    .process(Split())
)
main.print()
main.get_side_output(tag).print()
env.execute()
