# order: any
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

first = env.from_collection([1, 2, 3])
second = env.from_collection([10, 20]).map(lambda number: number + 1)
third = env.from_collection([], type_info=Types.PICKLED_BYTE_ARRAY())
first.union(second, third).map(lambda number: number * 2).print()
first.union(first).map(lambda number: ("twice", number)).print()
env.execute()
