# order: exact
# parallelism: as written
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def yields(value):
    if value == 2:
        return
    yield value, "first"
    yield value, "second"


def returns_a_list(value):
    return [value, value * 10] if value != 2 else []


values = env.from_collection([1, 2, 3])
for name, function in [
    ("yields", yields),
    ("list", returns_a_list),
    ("tuple", lambda value: (value, -value)),
    ("string", lambda value: "ab" * value),
    ("iterator", lambda value: iter(range(value))),
    ("map object", lambda value: map(str, range(value))),
]:
    with values.flat_map(function).execute_and_collect() as results:
        print(name, list(results))
