# order: exact
from pyflink.common import Time
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.window import ProcessingTimeSessionWindows, TumblingProcessingTimeWindows


class InAnHour(KeyedProcessFunction):
    def process_element(self, value, ctx):
        now = ctx.timer_service().current_processing_time()
        ctx.timer_service().register_processing_time_timer(now + 3_600_000)
        yield "row", value, now > 1_700_000_000_000

    def on_timer(self, timestamp, ctx):
        yield "never"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2, 3])
numbers.key_by(lambda number: 0).window(TumblingProcessingTimeWindows.of(Time.days(10000))).reduce(
    lambda left, right: left + right
).print()
numbers.key_by(lambda number: 0).window(
    ProcessingTimeSessionWindows.with_gap(Time.hours(1))
).reduce(lambda left, right: left + right).print()
env.execute()
numbers.key_by(lambda number: 0).process(InAnHour()).print()
env.execute()
print("end")
