# order: any
# strip: subtask
"""Results have the event times of their rows, and windows behind see the watermarks in order."""

import asyncio

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import AsyncDataStream, StreamExecutionEnvironment
from pyflink.datastream.functions import AsyncFunction
from pyflink.datastream.window import TumblingEventTimeWindows


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1] * 1000


class Priced(AsyncFunction):
    async def async_invoke(self, value):
        await asyncio.sleep(0.005 * (value[1] % 4))
        return [(value[0], value[1] * 2)]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
rows = [("a" if second % 3 else "b", second) for second in range(30)]
typed = Types.TUPLE([Types.STRING(), Types.LONG()])
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
timed = env.from_collection(rows, type_info=typed).assign_timestamps_and_watermarks(strategy)
(
    AsyncDataStream.unordered_wait(timed, Priced(), Time.seconds(20), 6, typed)
    .key_by(lambda row: row[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.seconds(10)))
    .reduce(lambda first, second: (first[0], first[1] + second[1]))
    .print()
)
env.execute()
