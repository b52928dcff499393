# order: any
import datetime
from decimal import Decimal

from pyflink.common import Row, Types
from pyflink.common.time import Instant
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
inner = Types.ROW_NAMED(["n", "text"], [Types.INT(), Types.STRING()])
FIELDS = {
    "boolean": (Types.BOOLEAN(), [True, False]),
    "byte": (Types.BYTE(), [-128, 127]),
    "short": (Types.SHORT(), [-32768, 32767]),
    "int": (Types.INT(), [-(2**31), 2**31 - 1]),
    "long": (Types.LONG(), [-(2**63), 2**63 - 1]),
    "float": (Types.FLOAT(), [0.1, 16777217.0]),
    "double": (Types.DOUBLE(), [-0.0, 1e308]),
    "string": (Types.STRING(), ["", "ünï"]),
    "decimal": (Types.BIG_DEC(), [Decimal("1.10"), Decimal("-12345678901234567890.5")]),
    "date": (Types.SQL_DATE(), [datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)]),
    "time": (Types.SQL_TIME(), [datetime.time(0, 0, 0), datetime.time(23, 59, 58)]),
    "timestamp": (
        Types.SQL_TIMESTAMP(),
        [datetime.datetime(2024, 2, 29, 1, 2, 3, 456000), datetime.datetime(1970, 1, 1)],
    ),
    "instant": (Types.INSTANT(), [Instant.of_epoch_milli(1_700_000_000_123), Instant(5, 7)]),
    "bytes": (Types.PRIMITIVE_ARRAY(Types.BYTE()), [b"", b"\x00\xff"]),
    "longs": (Types.PRIMITIVE_ARRAY(Types.LONG()), [[1, 2], []]),
    "strings": (Types.BASIC_ARRAY(Types.STRING()), [["a", "b"], []]),
    "list": (Types.LIST(Types.DOUBLE()), [[1.5], []]),
    "map": (Types.MAP(Types.STRING(), Types.LIST(Types.INT())), [{"a": [1, 2]}, {}]),
    "row": (inner, [Row(n=1, text="x"), Row(n=2, text=None)]),
    "tuple": (
        Types.TUPLE([Types.INT(), Types.TUPLE([Types.STRING(), Types.BOOLEAN()])]),
        [(1, ("z", True)), (2, ("", False))],
    ),
    "object": (Types.PICKLED_BYTE_ARRAY(), [{"s": {1, 2}}, (None, 2**70)]),
}
NAMES = list(FIELDS)
VALUES = [values for _, values in FIELDS.values()]
declared = Types.ROW_NAMED(NAMES, [declared for declared, _ in FIELDS.values()])


def made(turn):
    return Row(**{name: values[turn] for name, values in zip(NAMES, VALUES)})


def told(row):
    for name in NAMES:
        yield f"{name}: {type(row[name]).__name__} {row[name]!r}"


env.from_collection([0, 1]).map(made, declared).rebalance().flat_map(told).print()
env.execute()
