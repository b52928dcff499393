# order: exact
from pyflink.common import Types
from pyflink.datastream import (
    FilterFunction,
    FlatMapFunction,
    MapFunction,
    StreamExecutionEnvironment,
)
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class Number(MapFunction):
    def open(self, runtime_context):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def map(self, value):
        self.count.update((self.count.value() or 0) + 1)
        return value, self.count.value()


class Pairs(FlatMapFunction):
    def open(self, runtime_context):
        self.previous = runtime_context.get_state(
            ValueStateDescriptor("previous", Types.PICKLED_BYTE_ARRAY())
        )

    def flat_map(self, value):
        if self.previous.value() is not None:
            yield self.previous.value(), value
        self.previous.update(value)


class Distinct(FilterFunction):
    def open(self, runtime_context):
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.BOOLEAN()))

    def filter(self, value):
        if self.seen.value():
            return False
        self.seen.update(True)
        return True


words = env.from_collection(["fig", "pear", "fig", "plum", "fig", "pear"])
for function, operation in [(Number(), "map"), (Pairs(), "flat_map"), (Distinct(), "filter")]:
    getattr(words.key_by(lambda word: word), operation)(function).print()
    env.execute()
