# order: any
from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
pairs = env.from_collection(
    [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5)],
    type_info=Types.TUPLE([Types.STRING(), Types.INT()]),
)
pairs.key_by(lambda pair: pair[0]).reduce(lambda left, right: (left[0], left[1] + right[1])).print()
pairs.key_by(lambda pair: pair[0]).sum(1).map(lambda pair: ("sum", pair)).print()
env.execute()
