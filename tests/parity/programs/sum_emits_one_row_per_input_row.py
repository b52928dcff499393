# order: exact
from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

pairs = env.from_collection([("a", 1), ("b", 10), ("a", 2), ("a", -5), ("b", 10**20), ("c", 0)])
pairs.key_by(lambda row: row[0]).sum(1).print()
env.execute()

numbers = env.from_collection([1, 2, 3, 4, 5])
numbers.key_by(lambda number: number % 2).sum().print()
env.execute()

floats = env.from_collection([("x", 0.1), ("x", 0.2), ("x", float("inf")), ("x", 1.0)])
floats.key_by(lambda row: row[0]).sum(1).print()
env.execute()

mixed = env.from_collection([("x", 1), ("x", 0.5), ("x", True)])
mixed.key_by(lambda row: row[0]).sum(1).print()
env.execute()

lists = env.from_collection([["a", 1, "first"], ["a", 2, "second"]])
lists.key_by(lambda row: row[0]).sum(1).print()
env.execute()

rows = env.from_collection(
    [Row("a", 1, "first"), Row("a", 2, "second"), Row("b", 3, "third")],
    type_info=Types.ROW_NAMED(
        ["name", "n", "note"], [Types.STRING(), Types.LONG(), Types.STRING()]
    ),
)
rows.key_by(lambda row: row.name).sum("n").print()
env.execute()
rows.key_by(lambda row: row.name).sum(1).print()
env.execute()
