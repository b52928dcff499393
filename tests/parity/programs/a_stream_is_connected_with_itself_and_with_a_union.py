# order: any
from pyflink.datastream import CoMapFunction, StreamExecutionEnvironment


class Sides(CoMapFunction):
    def map1(self, value):
        return "first", value

    def map2(self, value):
        return "second", value


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2, 3]).map(lambda value: value * 10)
texts = env.from_collection(["a", "b"])
numbers.connect(numbers).map(Sides()).print()
numbers.connect(texts.union(texts, texts.map(lambda text: text * 2))).map(Sides()).print()
env.execute()
