# order: any
# strip: subtask
# parallelism: as written
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2], type_info=Types.INT())
numbers.print("ints")
numbers.map(str).print("untyped")
numbers.map(lambda number: number).set_parallelism(2).print("two").set_parallelism(2)
env.execute()
