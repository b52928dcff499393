# order: per-key ^.
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import CoFlatMapFunction


class Repeated(CoFlatMapFunction):
    def flat_map1(self, value):
        for index in range(value):
            yield f"n{value}.{index}"

    def flat_map2(self, value):
        return [f"t{value}", f"t{value * 2}"] if value != "b" else None


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([3, 0, 1, 2])
texts = env.from_collection(["a", "b", "c"])
numbers.connect(texts).flat_map(Repeated()).map(lambda text: text + "!").print()
env.execute()
