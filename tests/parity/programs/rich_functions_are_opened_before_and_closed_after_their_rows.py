# order: exact
import os
import tempfile

from pyflink.datastream import (
    FilterFunction,
    FlatMapFunction,
    MapFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)

folder = tempfile.mkdtemp()


def note(text):
    with open(os.path.join(folder, "notes"), "a") as notes:
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
with open(os.path.join(folder, "notes")) as notes:
    print(notes.read(), end="")
