# order: exact
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

numbers = env.from_collection([1, 2, 3, 4, 5])
numbers.key_by(lambda number: 0).reduce(
    lambda left, right: None if left is not None and left + right > 4 else (left or 0) + right
).print()
env.execute()
