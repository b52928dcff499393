# order: exact
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

readings = [
    ("a", 3, "r1"),
    ("a", 5, "r2"),
    ("b", 1, "r3"),
    ("a", 5, "r4"),
    ("a", 1, "r5"),
    ("a", 1, "r6"),
    ("b", 1, "r7"),
]
stream = env.from_collection(readings)
stream.key_by(lambda row: row[0]).min_by(1).print()
env.execute()
stream.key_by(lambda row: row[0]).max_by(1).print()
env.execute()
stream.key_by(lambda row: row[0]).max_by().print()
env.execute()

rows = env.from_collection(
    readings,
    type_info=Types.ROW_NAMED(["id", "v", "note"], [Types.STRING(), Types.INT(), Types.STRING()]),
)
rows.key_by(lambda row: row.id).max_by("v").print()
env.execute()
rows.key_by(lambda row: row.id).min_by("v").print()
env.execute()

env.from_collection([5, 2, 8, 2, 9]).key_by(lambda number: number % 2).min_by().print()
env.execute()
