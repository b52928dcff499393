# order: exact
from pyflink.datastream import StreamExecutionEnvironment


def spell(number):
    yield from str(number)


class Scale:
    """Not one of PyFlink's function classes: a callable object."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, value):
        return value * self.factor


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

numbers = env.from_collection([3, 14, 0, -7, 29, 100])
numbers.map(lambda number: number + 1).map(Scale(2)).filter(
    lambda number: number % 4 == 0
).flat_map(spell).map(lambda letter: letter + "!").print()
env.execute()
