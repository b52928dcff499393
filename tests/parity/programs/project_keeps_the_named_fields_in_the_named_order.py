# order: exact
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
people = [("ann", 31, 1.5, True), ("bob", 27, 2.25, False)]
env.from_collection(
    people, type_info=Types.TUPLE([Types.STRING(), Types.INT(), Types.DOUBLE(), Types.BOOLEAN()])
).project(3, 0, 0).print()
env.execute()
env.from_collection(
    people,
    type_info=Types.TUPLE([Types.STRING(), Types.INT(), Types.DOUBLE(), Types.BOOLEAN()]),
).project(1).map(lambda row: (type(row).__name__, row[0] + 1)).print()
env.execute()
