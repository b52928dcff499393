# order: per-key ^\w+ \w+
from pyflink.common import Types
from pyflink.datastream import CoFlatMapFunction, CoMapFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor


class Counted(CoMapFunction):
    def open(self, runtime_context):
        self.first = runtime_context.get_state(ValueStateDescriptor("first", Types.INT()))
        self.second = runtime_context.get_state(ValueStateDescriptor("second", Types.INT()))

    def map1(self, value):
        self.first.update((self.first.value() or 0) + 1)
        return f"{value[0]} first {self.first.value()}"

    def map2(self, value):
        self.second.update((self.second.value() or 0) + value[1])
        return f"{value[0]} second {self.second.value()}"


class Doubled(CoFlatMapFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def flat_map1(self, value):
        self.count.update((self.count.value() or 0) + 1)
        yield f"{value[0]} flat {self.count.value()}"
        yield f"{value[0]} flat {-self.count.value()}"

    def flat_map2(self, value):
        return []


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
first = env.from_collection(["a", "b", "a", "a"])
second = env.from_collection([("b", 5), ("a", 6), ("b", 7)])
connected = first.key_by(lambda row: row[0]).connect(second.key_by(lambda row: row[0]))
connected.map(Counted()).print()
connected.flat_map(Doubled()).print()
env.execute()
