# order: exact
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
keys = [1, 1.0, True, 0, 0.0, -0.0, False, 1, 1.0, True, 0, 0.0, -0.0, False, "1", b"1", None, None]
rows = []
for key in keys:
    # PyFlink takes a key that == the one before it for the same key: keep them apart.
    rows += [(repr(key), key, 1), ("between", "between", 0)]
env.from_collection(rows).key_by(lambda row: row[1]).sum(2).map(
    lambda row: (row[0], row[2])
).filter(lambda row: row[0] != "between").print()
env.execute()
