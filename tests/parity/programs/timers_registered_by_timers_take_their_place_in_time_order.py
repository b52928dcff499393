# order: exact
# With the default bundle size Flink hands all timers that are due to Python in one bundle, and timers
# registered meanwhile follow; with bundles of one row there is one order of time.
from pyflink.common import Configuration, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment


class First(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[0]


class Chain(KeyedProcessFunction):
    def process_element(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[0])

    def on_timer(self, timestamp, ctx):
        yield ctx.get_current_key(), timestamp
        if timestamp < 40:
            ctx.timer_service().register_event_time_timer(timestamp + 15)


configuration = Configuration()
configuration.set_integer("python.fn-execution.bundle.size", 1)
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
env.from_collection([(1, "a"), (20, "b"), (33, "a"), (7, "c"), (50, "b")]).assign_timestamps_and_watermarks(
    WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(First())
).key_by(lambda row: row[1]).process(Chain()).print()
env.execute()
