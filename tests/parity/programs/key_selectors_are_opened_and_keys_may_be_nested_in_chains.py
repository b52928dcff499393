# order: exact
# parallelism: as written
from pyflink.datastream import KeySelector, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class Modulo(KeySelector):
    def __init__(self, divisor):
        self.divisor = divisor

    def get_key(self, value):
        return value[0] % self.divisor


env.from_collection([(n, 1) for n in range(10)]).key_by(Modulo(3)).sum(1).key_by(Modulo(2)).reduce(
    lambda left, right: (right[0], left[1] + right[1])
).print()
env.execute()
env.from_collection([(n, 1) for n in range(6)]).key_by(Modulo(3)).map(
    lambda row: (row[0] % 2, row[1])
).key_by(Modulo(2)).filter(lambda row: row[0] == 1).flat_map(lambda row: [row, row]).print()
env.execute()
