"""Calls to the world outside, many at once: `AsyncDataStream`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.async_retry import NO_RETRY_STRATEGY
from flinkette.datastream.async_methods import wait_description
from flinkette.datastream.checks import require_instance, require_output_type
from flinkette.datastream.data_stream import DataStream

if TYPE_CHECKING:
    from flinkette.contracts.async_functions import AsyncFunction, AsyncRetryStrategy
    from flinkette.contracts.time import Time
    from flinkette.contracts.typeinfo import TypeInformation

__all__ = ["AsyncDataStream"]


class AsyncDataStream:
    """Applies an `AsyncFunction` to a stream.

    A subtask has up to `capacity` rows in flight; with more, what feeds it waits. A watermark
    leaves after the results of the rows before it, and the end of the input waits for every call.

    Examples
    --------
    >>> from flinkette.common import Time
    >>> from flinkette.datastream import AsyncFunction, StreamExecutionEnvironment
    >>> class Double(AsyncFunction):
    ...     async def async_invoke(self, value):
    ...         return [2 * value]
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> numbers = env.from_collection([1, 2, 3])
    >>> doubled = AsyncDataStream.ordered_wait(numbers, Double(), Time.seconds(5))
    >>> doubled.get_name()
    'async wait operator'
    """

    @staticmethod
    def unordered_wait(
        data_stream: DataStream,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Let results leave as they come; none passes a watermark.

        Parameters
        ----------
        data_stream : DataStream
            The rows.
        async_function : AsyncFunction
            Called for each of them.
        timeout : Time
            How long a call may take before `async_function.timeout` is asked; 0 ms: for ever.
        capacity : int
            Rows in flight in one subtask.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results.

        Raises
        ------
        InvalidTypeError
            If an argument is of the wrong class, or `async_invoke` is not `async def`.
        """
        return _wait(
            "unordered_wait",
            data_stream,
            async_function,
            timeout,
            NO_RETRY_STRATEGY,
            capacity,
            output_type,
        )

    @staticmethod
    def unordered_wait_with_retry(
        data_stream: DataStream,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        async_retry_strategy: AsyncRetryStrategy[Any],
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Let results leave as they come, and repeat calls as a strategy says.

        Parameters
        ----------
        data_stream : DataStream
            The rows.
        async_function : AsyncFunction
            Called for each of them.
        timeout : Time
            How long a call may take, all attempts and the waits between them included.
        async_retry_strategy : AsyncRetryStrategy
            When a call is repeated.
        capacity : int
            Rows in flight in one subtask.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results.

        Raises
        ------
        InvalidTypeError
            If an argument is of the wrong class, or `async_invoke` is not `async def`.
        InvalidPipelineError
            If calls are repeated without a time-out.
        """
        return _wait(
            "unordered_wait_with_retry",
            data_stream,
            async_function,
            timeout,
            async_retry_strategy,
            capacity,
            output_type,
        )

    @staticmethod
    def ordered_wait(
        data_stream: DataStream,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Let results leave in the order of their rows.

        Parameters
        ----------
        data_stream : DataStream
            The rows.
        async_function : AsyncFunction
            Called for each of them.
        timeout : Time
            How long a call may take before `async_function.timeout` is asked; 0 ms: for ever.
        capacity : int
            Rows in flight in one subtask, those that wait for an earlier one included.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results.

        Raises
        ------
        InvalidTypeError
            If an argument is of the wrong class, or `async_invoke` is not `async def`.
        """
        return _wait(
            "ordered_wait",
            data_stream,
            async_function,
            timeout,
            NO_RETRY_STRATEGY,
            capacity,
            output_type,
        )

    @staticmethod
    def ordered_wait_with_retry(
        data_stream: DataStream,
        async_function: AsyncFunction[Any, Any],
        timeout: Time,
        async_retry_strategy: AsyncRetryStrategy[Any],
        capacity: int = 100,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Let results leave in the order of their rows, and repeat calls as a strategy says.

        Parameters
        ----------
        data_stream : DataStream
            The rows.
        async_function : AsyncFunction
            Called for each of them.
        timeout : Time
            How long a call may take, all attempts and the waits between them included.
        async_retry_strategy : AsyncRetryStrategy
            When a call is repeated.
        capacity : int
            Rows in flight in one subtask, those that wait for an earlier one included.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results.

        Raises
        ------
        InvalidTypeError
            If an argument is of the wrong class, or `async_invoke` is not `async def`.
        InvalidPipelineError
            If calls are repeated without a time-out.
        """
        return _wait(
            "ordered_wait_with_retry",
            data_stream,
            async_function,
            timeout,
            async_retry_strategy,
            capacity,
            output_type,
        )


def _wait(
    method: str,
    data_stream: DataStream,
    async_function: AsyncFunction[Any, Any],
    timeout: Time,
    strategy: AsyncRetryStrategy[Any],
    capacity: int,
    output_type: TypeInformation | None,
) -> DataStream:
    require_instance(method, data_stream, DataStream)
    require_output_type(method, output_type)
    description = wait_description(
        method,
        async_function,
        timeout,
        strategy,
        capacity,
        is_ordered=method.startswith("ordered"),
    )
    return data_stream._append(description, "async wait operator", output_type)
