# order: exact
import datetime

from pyflink.common import Row, RowKind, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def show(title, values, type_info):
    print(title)
    # rebalance: in PyFlink a value gets its declared type when it leaves a chain of functions.
    env.from_collection(values).map(lambda value: value, output_type=type_info).rebalance().print()
    env.execute()


deleted = Row("gone", 3, 0.5)
deleted.set_row_kind(RowKind.DELETE)
updated = Row.of_kind(RowKind.UPDATE_AFTER, "new", 4, 1e10)
show(
    "ROW",
    [Row("a", 1, 2.0), Row(None, None, None), Row("small", 7, 1e-7), deleted, updated],
    Types.ROW([Types.STRING(), Types.INT(), Types.DOUBLE()]),
)
show(
    "ROW_NAMED",
    [Row(name="x", size=1), Row("y", 2)],
    Types.ROW_NAMED(["name", "size"], [Types.STRING(), Types.LONG()]),
)
show(
    "nested ROW",
    [Row(Row(1, "a"), [True, False], {"k": 1.5}, ("t", 1))],
    Types.ROW(
        [
            Types.ROW([Types.INT(), Types.STRING()]),
            Types.LIST(Types.BOOLEAN()),
            Types.MAP(Types.STRING(), Types.DOUBLE()),
            Types.TUPLE([Types.STRING(), Types.INT()]),
        ]
    ),
)
show(
    "ROW of dates",
    [Row(datetime.date(2013, 1, 31), datetime.datetime(2013, 1, 31, 23, 59, 1, 500000), True)],
    Types.ROW([Types.SQL_DATE(), Types.SQL_TIMESTAMP(), Types.BOOLEAN()]),
)
