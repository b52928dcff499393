# order: exact
# In PyFlink's process mode a value taken from state is the stored object while it is cached.
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class Collect(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext):
        self.seen = runtime_context.get_state(
            ValueStateDescriptor("seen", Types.PICKLED_BYTE_ARRAY())
        )

    def process_element(self, value, ctx):
        seen = self.seen.value()
        if seen is None:
            seen = []
            self.seen.update(seen)
        seen.append(value[1])
        yield ctx.get_current_key(), list(self.seen.value())


env.from_collection([("a", 1), ("b", 2), ("a", 3), ("a", 4), ("b", 5)]).key_by(
    lambda row: row[0]
).process(Collect()).print()
env.execute()
