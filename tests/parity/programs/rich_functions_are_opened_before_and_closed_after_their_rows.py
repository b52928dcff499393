# order: exact
# parallelism: as written
import tempfile
from pathlib import Path

from pyflink.datastream import (
    FilterFunction,
    FlatMapFunction,
    MapFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)

path = Path(tempfile.mkdtemp(), "notes")


def note(text):
    with path.open("a") as notes:
        notes.write(text + "\n")


class Prefix(MapFunction):
    def open(self, runtime_context: RuntimeContext):
        self.prefix = "row "
        note("map opened")

    def map(self, value):
        note(f"map {value}")
        return self.prefix + str(value)

    def close(self):
        note("map closed")


class Twice(FlatMapFunction):
    def __init__(self):
        self.seen = 0

    def open(self, runtime_context: RuntimeContext):
        self.seen = 100

    def flat_map(self, value):
        self.seen += 1
        yield value, self.seen
        yield value, -self.seen


class Odd(FilterFunction):
    def open(self, runtime_context: RuntimeContext):
        self.divisor = 2

    def filter(self, value):
        return value % self.divisor == 1


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection(range(1, 6)).filter(Odd()).map(Prefix()).flat_map(Twice()).print()
env.execute()
print(path.read_text(), end="")
