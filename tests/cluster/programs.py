"""Programs that tests hand to clusters, and what they print."""

from __future__ import annotations

KEYED = """
import sys
from pyflink.datastream import StreamExecutionEnvironment

class Tag:
    def __init__(self, value):
        self.value = value

env = StreamExecutionEnvironment.get_execution_environment()
# one reader: the running sums of a key are in the order of its rows
numbers = env.from_collection(list(range(int(sys.argv[1])))).set_parallelism(1)
sums = numbers.key_by(lambda value: value % 7).reduce(lambda a, b: a + b)
tags = sums.map(Tag).key_by(lambda tag: tag.value % 11)
tags.map(lambda tag: f"{sys.argv[1]}: {tag.value}").print()
env.execute("keyed")
"""
ENDLESS = """
from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

env = StreamExecutionEnvironment.get_execution_environment()
numbers = env.from_source(
    NumberSequenceSource(1, 2**60), WatermarkStrategy.no_watermarks(), "numbers")
numbers.key_by(lambda value: value % 70).filter(lambda value: False).print()
env.execute("endless")
"""
COLLECTING = """
from pyflink.common import Types, WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

class Tag:
    def __init__(self, value):
        self.value = value

env = StreamExecutionEnvironment.get_execution_environment()

def numbers(last):
    source = NumberSequenceSource(1, last)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")

tags = numbers(20_000).key_by(lambda value: value % 7).map(Tag).execute_and_collect("tags")
print("sum", sum(tag.value for tag in tags))
pairs = Types.ROW_NAMED(["k", "v"], [Types.LONG(), Types.STRING()])
row = numbers(500).map(lambda value: (value, "x" * 3000), pairs).execute_and_collect("pairs")
print("rows", sum(1 for each in row if len(each[1]) == 3000))
print("none", list(numbers(5).filter(lambda value: False).execute_and_collect("none")))
wide = numbers(2**60).key_by(lambda value: value % 7).map(lambda value: str(value) * 100)
with wide.execute_and_collect("wide") as results:
    print("first", len([next(results) for _ in range(3)]))
"""


def rows(text: str) -> list[str]:
    """Return the rows that `print()` wrote, without the subtask."""
    return sorted(line.partition("> ")[2] for line in text.splitlines() if "> " in line[:4])
