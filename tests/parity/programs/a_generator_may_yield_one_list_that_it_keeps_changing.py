# order: exact
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def growing_list(value):
    values = []
    for step in range(value):
        values.append(step)
        yield values


def one_dict(value):
    counts = {"n": 0}
    for _ in range(value):
        counts["n"] += 1
        yield counts


numbers = env.from_collection([3, 2])
numbers.flat_map(growing_list).print()
env.execute()
numbers.flat_map(growing_list).map(lambda values: values).print()
env.execute()
numbers.flat_map(one_dict).filter(lambda counts: True).map(lambda counts: ("got", counts)).print()
env.execute()
