# order: exact
# parallelism: as written
from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection(list(range(100)), type_info=Types.INT()).map(
    lambda number: number * 2
)
limited = numbers.execute_and_collect(limit=3)
print(type(limited).__name__ == "list", list(limited))
print(list(numbers.execute_and_collect("a job", 200))[-1])
with env.from_collection([1, None, "a"]).execute_and_collect() as values:
    print(next(values), list(values))
values = env.from_collection(
    [("a", 1)], type_info=Types.ROW_NAMED(["name", "n"], [Types.STRING(), Types.INT()])
).execute_and_collect()
for value in values:
    print(
        type(value).__name__,
        value,
        value == Row("a", 1),
        value[0],
        value["n"] if False else value[1],
    )
values.close()
with env.from_collection([], type_info=Types.INT()).execute_and_collect() as values:
    print(list(values))
