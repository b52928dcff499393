# order: per-key ^\W*(\w+)
# parallelism: as written
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeExecutionMode, StreamExecutionEnvironment


class Later(KeyedProcessFunction):
    def process_element(self, value, ctx: KeyedProcessFunction.Context):
        ctx.timer_service().register_processing_time_timer(2**50)
        yield value[0], value[1]

    def on_timer(self, timestamp, ctx: KeyedProcessFunction.OnTimerContext):
        yield ctx.get_current_key(), "timer"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
env.set_parallelism(1)
env.from_collection([("a", 3), ("b", 1), ("a", 2), ("a", 5)]).key_by(
    lambda row: row[0], Types.STRING()
).process(Later()).print()
env.execute()
