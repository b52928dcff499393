# order: any
from pyflink.common import Row, RowKind, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
typed = Types.ROW_NAMED(["name", "n"], [Types.STRING(), Types.INT()])
KINDS = [RowKind.INSERT, RowKind.UPDATE_BEFORE, RowKind.UPDATE_AFTER, RowKind.DELETE]


def kinds(n):
    row = Row(name=f"r{n}", n=n)
    row.set_row_kind(KINDS[n % 4])
    return row


rows = env.from_collection([0, 1, 2, 3, 4, 5]).map(kinds, typed)
rows.print()
rows.rebalance().map(
    lambda row: f"{row.name} {row.n} {row.get_row_kind()} {row.as_dict()}"
).print()
rows.key_by(lambda row: row["n"] % 2).map(lambda row: (row[0], str(row.get_row_kind()))).print()
rows.key_by(lambda row: row.n % 2).reduce(lambda a, b: b).print()
rows.filter(lambda row: row.get_row_kind() == RowKind.DELETE).print()
env.execute()
