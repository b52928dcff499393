# order: exact
# parallelism: as written
import tempfile
from pathlib import Path

from pyflink.datastream import StreamExecutionEnvironment

path = Path(tempfile.mkdtemp(), "calls")


def noting(name, result):
    def function(value):
        with path.open("a") as calls:
            calls.write(f"{name}({value}) ")
        return result(value)

    return function


def three_times(value):
    for copy in range(3):
        with path.open("a") as calls:
            calls.write(f"yield({value},{copy}) ")
        yield value * 10 + copy


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.from_collection([1, 2]).map(noting("f", lambda value: value)).flat_map(three_times).filter(
    noting("keep", lambda value: value % 10 != 1)
).map(noting("g", lambda value: value + 1)).print()
env.execute()
print(path.read_text())
