# order: exact
from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

readings = [
    ("a", 3, "r1"),
    ("a", 5, "r2"),
    ("b", 1, "r3"),
    ("a", 1, "r4"),
    ("a", 1, "r5"),
    ("b", 9, "r6"),
]
stream = env.from_collection(readings)
keyed = stream.key_by(lambda row: row[0])
keyed.min(1).print()
env.execute()
keyed = stream.key_by(lambda row: row[0])
keyed.max(1).print()
env.execute()

words = env.from_collection(["pear", "fig", "apple", "plum", "cherry"])
words.key_by(lambda word: word[0] == "p").max().print()
env.execute()
words.key_by(lambda word: 0).min(0).print()
env.execute()

rows = env.from_collection(
    [Row(*reading) for reading in readings],
    type_info=Types.ROW_NAMED(["id", "v", "note"], [Types.STRING(), Types.INT(), Types.STRING()]),
)
rows.key_by(lambda row: row.id).max("v").print()
env.execute()
rows.key_by(lambda row: row["id"]).min("note").print()
env.execute()
lists = env.from_collection([list(reading) for reading in readings])
lists.key_by(lambda row: row[0]).min(1).print()
env.execute()
