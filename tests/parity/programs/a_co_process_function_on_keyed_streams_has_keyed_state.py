# order: per-key ^\w+ \w+
from pyflink.common import Types
from pyflink.datastream import CoProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor


class Counted(CoProcessFunction):
    def open(self, runtime_context):
        self.first = runtime_context.get_state(ValueStateDescriptor("first", Types.INT()))
        self.second = runtime_context.get_state(ValueStateDescriptor("second", Types.INT()))

    def process_element1(self, value, ctx):
        self.first.update((self.first.value() or 0) + 1)
        yield f"{value} first {self.first.value()}"

    def process_element2(self, value, ctx):
        self.second.update((self.second.value() or 0) + 1)
        yield f"{value} second {self.second.value()}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
first = env.from_collection(["a", "b", "a", "a"])
second = env.from_collection(["b", "a", "b"])
first.key_by(lambda row: row).connect(second.key_by(lambda row: row)).process(Counted()).print()
env.execute()
