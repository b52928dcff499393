# order: any
# parallelism: as written
from pyflink.common import Types
from pyflink.datastream import BroadcastProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import MapStateDescriptor

seen = MapStateDescriptor("seen", Types.INT(), Types.STRING())


class Both(BroadcastProcessFunction):
    def process_element(self, value, ctx):
        state = ctx.get_broadcast_state(seen)
        yield "row", value, all(number in state for number in list(state.keys())), ctx.timestamp()

    def process_broadcast_element(self, value, ctx):
        state = ctx.get_broadcast_state(seen)
        if value == 4:
            state.clear()
        state.put(value, str(value))
        state[value * 10] = "ten times"
        if value == 2:
            del state[20]
        return [("rule", value, state.is_empty(), sorted(state.items()), state[99])]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = env.from_collection(["x", "y", "z"], Types.STRING())
numbers = env.from_collection([1, 2, 3, 4], Types.INT())
connected = rows.connect(numbers.broadcast(seen))
connected.process(Both()).print()
env.execute()
