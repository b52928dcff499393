# order: any
# strip: subtask
# parallelism: as written
from pyflink.common import WatermarkStrategy
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(2)
env.from_source(NumberSequenceSource(1, 12), WatermarkStrategy.no_watermarks(), "numbers").map(
    lambda number: (number, number % 3)
).print()
env.execute()
