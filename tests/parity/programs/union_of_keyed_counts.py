# order: any
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

evens = env.from_collection([("x", 2), ("y", 4), ("x", 6)])
odds = env.from_collection([("x", 1), ("y", 3)])
evens.union(odds).key_by(lambda row: row[0]).map(lambda row: (row[0], row[1] % 2)).key_by(
    lambda row: row[0]
).sum(1).map(lambda row: row[0]).print()
env.execute()
