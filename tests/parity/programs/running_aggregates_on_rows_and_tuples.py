# order: per-key ^\W*([\w ]+)'
# parallelism: as written
from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [
    Row("a", 3, 1.5, "x"),
    Row("b", -4, 0.25, "z"),
    Row("a", 1, 7.5, "y"),
    Row("a", 5, 7.5, "w"),
    Row("b", -4, -1.0, "q"),
    Row("a", 1, 0.5, "v"),
]
named = Types.ROW_NAMED(
    ["key", "n", "x", "text"], [Types.STRING(), Types.LONG(), Types.DOUBLE(), Types.STRING()]
)
keyed = env.from_collection(rows, named).key_by(lambda row: row[0])
streams = [
    ("sum by name", keyed.sum("x")),
    ("max of text", keyed.max("text")),
    ("min by n", keyed.min_by("n")),
    ("max by position", keyed.max_by(2)),
]
keyed = env.from_collection([tuple(row) for row in rows]).key_by(lambda row: row[0])
streams += [("tuples sum", keyed.sum(1)), ("tuples min", keyed.min(2))]
first, *others = [
    stream.map(lambda row, title=title: (title, *row)) for title, stream in streams
]
first.union(*others).print()
env.execute()
