# order: exact
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.functions import WindowFunction
from pyflink.datastream.window import CountWindow


class Collect(WindowFunction[tuple, tuple, str, CountWindow]):
    def apply(self, key: str, window: CountWindow, inputs):
        return [(key, [row[1] for row in inputs])]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [
    ("a", 1),
    ("a", 2),
    ("b", 3),
    ("a", 4),
    ("a", 5),
    ("b", 6),
    ("a", 7),
    ("c", 8),
    ("a", 9),
    ("a", 10),
]
stream = env.from_collection(rows)
stream.key_by(lambda row: row[0]).count_window(3).apply(Collect()).print()
env.execute()
stream.key_by(lambda row: row[0]).count_window(2).reduce(
    lambda left, right: (left[0], left[1] * right[1])
).print()
env.execute()
stream.key_by(lambda row: row[0]).count_window(1).apply(Collect()).print()
env.execute()
typed = env.from_collection(rows, type_info=Types.TUPLE([Types.STRING(), Types.INT()]))
typed.key_by(lambda row: row[0], key_type=Types.STRING()).count_window(3).apply(
    Collect(), output_type=Types.TUPLE([Types.STRING(), Types.LIST(Types.INT())])
).print()
env.execute()
