# order: exact
import datetime
import decimal

from pyflink.common import Instant, Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


def show(title, values, type_info):
    print(title)
    env.from_collection(values, type_info=type_info).print()
    env.execute()


show("STRING", ["a", "", "ünï ☃"], Types.STRING())
show("BOOLEAN", [True, False], Types.BOOLEAN())
show("BYTE", [-128, 0, 127], Types.BYTE())
show("SHORT", [-32768, 32767], Types.SHORT())
show("INT", [-(2**31), 2**31 - 1], Types.INT())
show("LONG", [-(2**63), 2**63 - 1], Types.LONG())
show(
    "FLOAT", [1.0, 110.1, 1e10, 1e-5, 0.001, 16777217.0, float("inf"), float("nan")], Types.FLOAT()
)
show(
    "DOUBLE",
    [1.0, 110.1, 1e7, 9999999.0, 1e-3, 9.99e-4, -0.0, 1e300, 5e-324, float("-inf"), float("nan")],
    Types.DOUBLE(),
)
show(
    "BIG_DEC",
    [decimal.Decimal("1.50"), decimal.Decimal("-1E+3"), decimal.Decimal("0.0000001")],
    Types.BIG_DEC(),
)
show("SQL_DATE", [datetime.date(2013, 1, 31), datetime.date(1969, 12, 31)], Types.SQL_DATE())
show("SQL_TIME", [datetime.time(23, 59, 1), datetime.time(0, 0)], Types.SQL_TIME())
show(
    "SQL_TIMESTAMP",
    [
        datetime.datetime(2013, 1, 31, 23, 59, 1, 500000),
        datetime.datetime(2013, 1, 31),
        datetime.datetime(2013, 1, 31, 0, 0, 0, 1200),
    ],
    Types.SQL_TIMESTAMP(),
)
show("INSTANT", [Instant.of_epoch_milli(0), Instant.of_epoch_milli(1500)], Types.INSTANT())
