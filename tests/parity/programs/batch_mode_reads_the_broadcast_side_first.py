# order: any
# parallelism: as written
from pyflink.common import Types
from pyflink.datastream import (
    BroadcastProcessFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from pyflink.datastream.state import MapStateDescriptor

names = MapStateDescriptor("names", Types.INT(), Types.STRING())


class Named(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        yield value, ctx.get_broadcast_state(names).get(value)

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(names).put(value[0], value[1])
        return []


env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
env.set_parallelism(1)
numbers = env.from_collection([1, 2, 3, 1], Types.INT())
rules = env.from_collection(
    [(1, "one"), (2, "two"), (1, "uno")], Types.TUPLE([Types.INT(), Types.STRING()])
)
numbers.connect(rules.broadcast(names)).process(Named()).print()
env.execute()
