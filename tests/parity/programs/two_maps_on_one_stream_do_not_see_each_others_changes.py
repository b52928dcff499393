# order: any
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def mark(name):
    def function(value):
        value["seen by"].append(name)
        value[name] = len(value)
        return name, value

    return function


rows = env.from_collection([{"id": 1, "seen by": []}, {"id": 2, "seen by": []}]).map(
    lambda value: {**value, "mapped": True}
)
rows.map(mark("left")).print()
rows.map(mark("right")).print()
env.execute()
