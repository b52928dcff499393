# order: any
# parallelism: as written
# differs: One keyed stream of two connected ones
from pyflink.datastream import CoMapFunction, StreamExecutionEnvironment


class Sides(CoMapFunction):
    def map1(self, value):
        return "first", value

    def map2(self, value):
        return "second", value


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2, 3]).key_by(lambda value: value % 2)
texts = env.from_collection(["a", "b"])
numbers.connect(texts).map(Sides()).print()
env.execute()
