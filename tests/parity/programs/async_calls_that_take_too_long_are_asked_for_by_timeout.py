# order: exact
"""timeout(): gives the results of rows whose call has not ended in time."""

import asyncio

from pyflink.common import Time, Types
from pyflink.datastream import AsyncDataStream, StreamExecutionEnvironment
from pyflink.datastream.functions import AsyncFunction


class Patient(AsyncFunction):
    """Every third row never answers."""

    async def async_invoke(self, value):
        await asyncio.sleep(600 if value % 3 == 0 else 0.01)
        return [f"{value} answered"]

    def timeout(self, value):
        return [f"{value} did not answer", "sorry"]


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2, 3, 4, 5, 6, 7], type_info=Types.LONG())
AsyncDataStream.ordered_wait(
    numbers, Patient(), Time.milliseconds(1500), 100, Types.STRING()
).print()
env.execute()
