# order: exact
import datetime
import decimal

from pyflink.common import Row
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

env.from_collection(
    [
        1,
        -0.0,
        1e16,
        float("inf"),
        float("nan"),
        10**30,
        True,
        None,
        "text",
        "",
        "ünï ☃",
        (1, "two", None, 3.0),
        (),
        ["a", [1, (2,)]],
        {"key": ["value"], 2: None},
        {7},
        datetime.date(2013, 1, 31),
        datetime.time(23, 59, 1, 5),
        datetime.datetime(2013, 1, 31, 23, 59),
        datetime.timedelta(days=1, seconds=3),
        decimal.Decimal("1.50"),
        Row(1, "a"),
        Row(name="x", size=None),
        complex(1, -2),
        range(3),
    ]
).print()
env.execute()
