# order: exact
from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor


class CountAndLast(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext):
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))
        self.last = runtime_context.get_state(
            ValueStateDescriptor("last", Types.TUPLE([Types.STRING(), Types.DOUBLE()]))
        )

    def process_element(self, value, ctx: KeyedProcessFunction.Context):
        count = self.count.value()
        last = self.last.value()
        yield ctx.get_current_key(), count, last, ctx.timestamp()
        if count == 2:
            self.count.clear()
            self.last.clear()
        else:
            self.count.update((count or 0) + 1)
            self.last.update(value)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection(
    [("a", 1.0), ("b", 2.0), ("a", 3.0), ("a", 4.0), ("a", 5.0), ("b", 6.5), ("a", 7.0)]
).key_by(lambda row: row[0]).process(CountAndLast()).print()
env.execute()
