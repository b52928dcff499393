# order: exact
"""ordered_wait: results leave in the order of the rows, however long each call takes."""

import asyncio

from pyflink.common import Time, Types
from pyflink.datastream import AsyncDataStream, StreamExecutionEnvironment
from pyflink.datastream.functions import AsyncFunction


class Slower(AsyncFunction):
    """The first of every four rows takes longest; each row gives as many results as its rest."""

    async def async_invoke(self, value):
        await asyncio.sleep(0.02 * (3 - value % 4))
        return [value * 10 + number for number in range(value % 4)]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection(list(range(24)), type_info=Types.LONG())
AsyncDataStream.ordered_wait(numbers, Slower(), Time.seconds(20), 5, Types.LONG()).print()
env.execute()
