# order: exact
"""ordered_wait_with_retry: attempts follow an empty result or an exception, up to a number."""

import asyncio

from pyflink.common import Time, Types
from pyflink.datastream import AsyncDataStream, StreamExecutionEnvironment
from pyflink.datastream.async_retry_predicates import empty_result_predicate
from pyflink.datastream.async_retry_strategies import FixedDelayRetryStrategy
from pyflink.datastream.functions import AsyncFunction


class Unreliable(AsyncFunction):
    """Row n answers at attempt n; odd rows raise before, even ones answer with nothing."""

    def open(self, runtime_context):
        self.attempts = {}

    async def async_invoke(self, value):
        attempt = self.attempts[value] = self.attempts.get(value, 0) + 1
        await asyncio.sleep(0.001)
        if attempt < value:
            if value % 2:
                raise ValueError("not yet")
            return []
        return [f"{value} after {attempt}"]


def is_not_yet(error):
    return isinstance(error, ValueError)


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2, 3, 4, 6, 8], type_info=Types.LONG())
strategy = FixedDelayRetryStrategy(3, 10, empty_result_predicate, is_not_yet)
AsyncDataStream.ordered_wait_with_retry(
    numbers, Unreliable(), Time.seconds(20), strategy, 10, Types.STRING()
).print()
env.execute()
