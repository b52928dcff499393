# order: per-key ^\W*(\w+)
import re

from pyflink.common import Types
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

TEXT = [
    "The rain in Spain stays mainly in the plain.",
    "In Hartford, Hereford and Hampshire hurricanes hardly ever happen!",
    "",
    "The plain truth: rain, rain, rain",
]

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.set_runtime_mode(RuntimeExecutionMode.STREAMING)
counts = (
    env.from_collection(TEXT, type_info=Types.STRING())
    .flat_map(lambda line: re.findall(r"\w+", line.lower()), output_type=Types.STRING())
    .map(lambda word: (word, 1), output_type=Types.TUPLE([Types.STRING(), Types.INT()]))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .reduce(lambda left, right: (left[0], left[1] + right[1]))
)
counts.print()
env.execute()
