# order: any
# strip: subtask
"""unordered_wait: every row gives its results once; results without a type are Python values."""

import asyncio

from pyflink.common import Time
from pyflink.datastream import AsyncDataStream, StreamExecutionEnvironment
from pyflink.datastream.functions import AsyncFunction


class Named(AsyncFunction):
    """A dictionary of names that answers after a while, and knows some of them twice."""

    def open(self, runtime_context):
        self.names = {1: ["one", "uno"], 2: ["two"], 3: []}

    async def async_invoke(self, value):
        await asyncio.sleep(0.01 * (value % 3))
        return [(value, name) for name in self.names[value % 4 or 3]]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection(list(range(1, 21)))
AsyncDataStream.unordered_wait(numbers, Named(), Time.seconds(20), 4).print()
env.execute()
