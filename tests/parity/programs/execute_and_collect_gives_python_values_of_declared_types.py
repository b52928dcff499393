# order: exact
import datetime
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def show(title, stream):
    with stream.execute_and_collect() as values:
        print(title, *(f"{type(value).__name__} {value!r}" for value in values), sep="\n  ")


show("ints", env.from_collection([1, -2], Types.INT()))
show("longs", env.from_collection([1, 2**62], Types.LONG()))
show("doubles", env.from_collection([0.5, -0.0], Types.DOUBLE()))
show("strings", env.from_collection(["x", ""], Types.STRING()))
show("booleans", env.from_collection([True, False], Types.BOOLEAN()))
show(
    "dates",
    env.from_collection([datetime.date(2024, 2, 29), datetime.date(1950, 1, 1)], Types.SQL_DATE()),
)
show("decimals", env.from_collection([Decimal("1.50")], Types.BIG_DEC()))
show("objects", env.from_collection([{"a": 1}, {2, 3}, None, (1, "x"), [1, [2]]]))
show(
    "rows",
    env.from_collection(
        [Row("a", 1), Row("b", 2)],
        Types.ROW_NAMED(["name", "n"], [Types.STRING(), Types.INT()]),
    ),
)
show(
    "tuples",
    env.from_collection([("a", 1.5)], Types.TUPLE([Types.STRING(), Types.DOUBLE()])),
)
show(
    "lists",
    env.from_collection([[1, 2], []]).map(lambda value: value, Types.LIST(Types.INT())),
)
show(
    "maps",
    env.from_collection([1]).map(
        lambda value: {"a": value}, Types.MAP(Types.STRING(), Types.INT())
    ),
)
