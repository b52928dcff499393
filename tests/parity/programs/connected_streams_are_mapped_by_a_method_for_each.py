# order: any
from pyflink.common import Types
from pyflink.datastream import CoMapFunction, StreamExecutionEnvironment
from pyflink.datastream.data_stream import ConnectedStreams


class Named(CoMapFunction):
    def open(self, runtime_context):
        self.first = 0

    def map1(self, value):
        # None is dropped here, other than by map
        return None if value == 2 else f"number {value}"

    def map2(self, value):
        return f"text {value[0]} {value[1]}"


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2, 3], Types.INT())
texts = env.from_collection([("a", 1), ("b", 2)], Types.TUPLE([Types.STRING(), Types.INT()]))
connected = numbers.connect(texts)
assert isinstance(connected, ConnectedStreams)
connected.map(Named(), Types.STRING()).map(lambda text: text.upper(), Types.STRING()).print()
env.execute()
