# order: per-key ^\W*(\w+)
# parallelism: as written
# differs: Batch mode
from pyflink.common import Time
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.functions import WindowFunction
from pyflink.datastream.window import TumblingProcessingTimeWindows


class Show(WindowFunction):
    def apply(self, key, window, inputs):
        yield key, [row[1] for row in inputs]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
env.set_parallelism(1)
env.from_collection([("a", 3), ("b", 1), ("a", 2), ("a", 5)]).key_by(lambda row: row[0]).window(
    TumblingProcessingTimeWindows.of(Time.days(100_000))
).apply(Show()).print()
env.execute()
