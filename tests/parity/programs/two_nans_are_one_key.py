# order: exact
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
nan = float("nan")
rows = [("n", nan, 1), ("m", float("nan"), 1), ("x", 1.5, 1), ("o", nan - 1, 1), ("x", 1.5, 1)]
env.from_collection(rows).key_by(lambda row: row[1]).sum(2).map(
    lambda row: (row[0], row[2])
).print()
env.execute()
env.from_collection(rows).key_by(lambda row: row[1], key_type=Types.DOUBLE()).sum(2).map(
    lambda row: (row[0], row[2])
).print()
env.execute()
