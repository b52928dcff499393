# order: exact
from pyflink.common import Types
from pyflink.datastream import ReduceFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

words = env.from_collection(
    [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4"), ("b", "5"), ("c", "6")]
)
words.key_by(lambda row: row[0]).reduce(lambda left, right: (left[0], left[1] + right[1])).print()
env.execute()


class Subtract(ReduceFunction):
    def open(self, runtime_context):
        self.calls = 0

    def reduce(self, value1, value2):
        self.calls += 1
        return value1 - value2


env.from_collection([100, 7, 1, 50, 2]).key_by(lambda number: number % 2).reduce(Subtract()).print()
env.execute()

# What reduce returns need not look like what came in.
env.from_collection([1, 2, 3]).key_by(lambda number: "k").reduce(
    lambda left, right: [left, right]
).print()
env.execute()

typed = env.from_collection(
    [("a", 1), ("b", 2), ("a", 3)], type_info=Types.TUPLE([Types.STRING(), Types.INT()])
)
typed.key_by(lambda row: row[0], key_type=Types.STRING()).reduce(
    lambda left, right: (left[0], left[1] + right[1])
).print()
env.execute()
