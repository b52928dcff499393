# order: exact
from pyflink.datastream import AggregateFunction, StreamExecutionEnvironment
from pyflink.datastream.functions import ProcessWindowFunction


class Mean(AggregateFunction):
    def create_accumulator(self):
        return 0, 0

    def add(self, value, accumulator):
        return accumulator[0] + value[1], accumulator[1] + 1

    def get_result(self, accumulator):
        return accumulator[0] / accumulator[1], accumulator[1]

    def merge(self, acc_a, acc_b):
        return acc_a[0] + acc_b[0], acc_a[1] + acc_b[1]


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield key, list(elements)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
stream = env.from_collection(
    [("a", n) for n in range(1, 8)] + [("b", 100), ("b", 101), ("a", 8), ("b", 102)]
)
for size, slide in [(4, 2), (2, 3), (3, 1)]:
    print("size", size, "slide", slide)
    stream.key_by(lambda row: row[0]).count_window(size, slide).process(Show()).print()
    env.execute()
stream.key_by(lambda row: row[0]).count_window(4, 2).aggregate(Mean()).print()
env.execute()
stream.key_by(lambda row: row[0]).count_window(4, 2).reduce(
    lambda left, right: (left[0], left[1] + right[1])
).print()
env.execute()
