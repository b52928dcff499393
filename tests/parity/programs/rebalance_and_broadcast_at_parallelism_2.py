# order: any
# strip: subtask
# parallelism: as written
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
numbers = env.from_collection([1, 2, 3, 4, 5])
numbers.rebalance().map(lambda number: ("rebalanced", number)).print()
numbers.broadcast().map(lambda number: ("broadcast", number)).print()
numbers.map(lambda number: number).rescale().map(lambda number: ("rescaled", number)).print()
numbers.map(lambda number: number).forward().map(lambda number: ("forwarded", number)).print()
numbers.shuffle().map(lambda number: ("shuffled", number)).print()
env.execute()
