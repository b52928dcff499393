# order: exact
# parallelism: as written
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
base = env.from_collection([1, 2, 3])
base.map(lambda number: number + 1).print()
env.execute("first")
base.map(lambda number: number * 10).print()
env.execute("second")
print(list(base.filter(lambda number: number > 1).execute_and_collect()))
base.map(lambda number: number - 1).print("named")
result = env.execute_async("third").get_job_execution_result().result()
print(type(result).__name__)
print(env.get_parallelism())
