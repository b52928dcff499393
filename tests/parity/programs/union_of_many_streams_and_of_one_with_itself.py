# order: any
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
streams = [env.from_collection([(name, n) for n in range(3)]) for name in "abcde"]
first = streams[0].map(lambda row: (row[0] * 2, row[1] + 10))
every = first.union(*streams[1:]).union(first)
every.print()
env.execute()
counted = (
    every.map(lambda row: (row[0], 1), Types.TUPLE([Types.STRING(), Types.INT()]))
    .key_by(lambda row: row[0])
    .reduce(lambda a, b: (a[0], a[1] + b[1]))
)
counted.union(counted.filter(lambda row: row[1] == 2).map(
    lambda row: ("two", row[1]), Types.TUPLE([Types.STRING(), Types.INT()])
)).print()
env.execute()
