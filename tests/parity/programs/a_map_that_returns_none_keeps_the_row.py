# order: exact
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

env.from_collection([1, None, 3]).map(lambda value: None if value == 1 else value).print()
env.execute()

rows = env.from_collection(
    [("a", 1), (None, 2), ("c", None)], type_info=Types.ROW([Types.STRING(), Types.INT()])
)
rows.print()
env.execute()
