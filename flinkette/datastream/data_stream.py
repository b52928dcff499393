"""DataStream: rows on their way from one operator to the next.

A method checks its arguments, appends one node to the environment's StreamGraph and returns a
stream of that node's output. Methods that only choose who receives which row (`rebalance`,
`union`, `get_side_output`) append nothing: they change the edges the next node will have.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from flinkette.contracts.functions import (
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    KeySelector,
    MapFunction,
    ProcessFunction,
)
from flinkette.datastream.async_methods import async_description
from flinkette.datastream.call_site import find_call_site
from flinkette.datastream.checks import (
    require_function,
    require_instance,
    require_output_type,
)
from flinkette.datastream.exchange_methods import ExchangeMethods
from flinkette.datastream.join_methods import JoinMethods
from flinkette.datastream.output_methods import OutputMethods
from flinkette.graph.operators import (
    AssignTimestampsDescription,
    FilterDescription,
    FlatMapDescription,
    KeyByDescription,
    MapDescription,
    ProcessDescription,
    ProjectDescription,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.contracts.watermark_strategy import WatermarkStrategy
    from flinkette.contracts.window import WindowAssigner
    from flinkette.datastream.broadcast_streams import BroadcastConnectedStream, BroadcastStream
    from flinkette.datastream.closeable_iterator import CloseableIterator
    from flinkette.datastream.connected_streams import ConnectedStreams
    from flinkette.datastream.data_stream_sink import DataStreamSink
    from flinkette.datastream.keyed_stream import KeyedStream
    from flinkette.datastream.windowed_stream import AllWindowedStream, WindowedStream

__all__ = [
    "AllWindowedStream",
    "BroadcastConnectedStream",
    "BroadcastStream",
    "CloseableIterator",
    "ConnectedStreams",
    "DataStream",
    "DataStreamSink",
    "KeyedStream",
    "WindowedStream",
]

_HOMES = {
    "AllWindowedStream": "flinkette.datastream.windowed_stream",
    "BroadcastConnectedStream": "flinkette.datastream.broadcast_streams",
    "BroadcastStream": "flinkette.datastream.broadcast_streams",
    "CloseableIterator": "flinkette.datastream.closeable_iterator",
    "ConnectedStreams": "flinkette.datastream.connected_streams",
    "DataStreamSink": "flinkette.datastream.data_stream_sink",
    "KeyedStream": "flinkette.datastream.keyed_stream",
    "WindowedStream": "flinkette.datastream.windowed_stream",
}


def __getattr__(name: str) -> Any:
    """Give the names PyFlink has in this module; they live in modules of their own."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class DataStream(ExchangeMethods, JoinMethods, OutputMethods):
    """A stream of rows of one type.

    Made by the environment's source methods and by other streams; a program never calls the
    constructor.

    Parameters
    ----------
    env : StreamExecutionEnvironment
        The program's environment.
    edges : tuple of Edge
        Where the rows come from; several after `union`.
    node : Transformation or None
        The operator that makes exactly this stream; None after `union`, `rebalance` and the like.
    output_type : TypeInformation or None
        Declared type of the rows; None for plain Python objects.

    Examples
    --------
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> env.from_collection([1, 2, 3]).map(lambda x: x * 2).get_name()
    'Map'
    """

    def map(
        self, func: Callable[..., Any] | MapFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Turn each row into one other row.

        Parameters
        ----------
        func : callable or MapFunction
            Takes a row, returns a row; it may return None. With `async def` (flinkette only) up to
            100 rows are in flight in a subtask, results keep the order of the rows, and a call may
            take 5 minutes; `flinkette.ext.map_async` has other settings.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            One row for each row of this stream.

        Raises
        ------
        InvalidTypeError
            If `func` cannot be called or is another kind of function.
        """
        require_function("map", func, MapFunction, may_wait=True)
        require_output_type("map", output_type)
        description = async_description("map", func) or MapDescription(func, self._is_keyed)
        return self._append(description, "Map", output_type)

    def flat_map(
        self, func: Callable[..., Any] | FlatMapFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Turn each row into any number of rows.

        Parameters
        ----------
        func : callable or FlatMapFunction
            Takes a row; yields rows, or returns an iterable of rows or None. With `async def`
            (flinkette only) as in `map`.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The rows in the order `func` gives them.

        Raises
        ------
        InvalidTypeError
            If `func` cannot be called or is another kind of function.
        """
        require_function("flat_map", func, FlatMapFunction, may_wait=True)
        require_output_type("flat_map", output_type)
        plain = FlatMapDescription(func, self._is_keyed)
        description = async_description("flat_map", func) or plain
        return self._append(description, "FlatMap", output_type)

    def filter(self, func: Callable[..., Any] | FilterFunction) -> DataStream:
        """Keep the rows for which `func` is true.

        Parameters
        ----------
        func : callable or FilterFunction
            Takes a row, returns whether to keep it. With `async def` (flinkette only) as in `map`.

        Returns
        -------
        DataStream
            A stream of the same type.

        Raises
        ------
        InvalidTypeError
            If `func` cannot be called or is another kind of function.
        """
        require_function("filter", func, FilterFunction, may_wait=True)
        description = async_description("filter", func) or FilterDescription(func, self._is_keyed)
        return self._append(description, "Filter", self._output_type)

    def process(
        self, func: ProcessFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Process each row with its timestamp at hand; also the way to side outputs.

        Parameters
        ----------
        func : ProcessFunction
            Its `process_element` yields rows, and ``tag, row`` pairs for side outputs.
        output_type : TypeInformation, optional
            Converts and checks each row of the main output; plain Python objects if not given.

        Returns
        -------
        DataStream
            The main output; `get_side_output` gives the others.

        Raises
        ------
        InvalidTypeError
            If `func` is not a ProcessFunction; a KeyedProcessFunction needs `key_by` before.
        """
        is_keyed_function = issubclass(type(func), KeyedProcessFunction)
        hint = "a KeyedProcessFunction needs key_by(...) before" if is_keyed_function else ""
        require_instance("process", func, ProcessFunction, hint=hint)
        require_output_type("process", output_type)
        return self._append(ProcessDescription(func), "PROCESS", output_type)

    def project(self, *field_indexes: int) -> DataStream:
        """Keep some fields of tuples, in the order given.

        Parameters
        ----------
        *field_indexes : int
            Positions counted from 0, at least one.

        Returns
        -------
        DataStream
            A stream of tuples.

        Raises
        ------
        InvalidPipelineError
            If no position is given, one is out of range, or the rows are declared not to be tuples.
        """
        from flinkette.datastream.projection import projected_type

        projected = projected_type(self._output_type, field_indexes)
        return self._append(ProjectDescription(field_indexes), "Projection", projected)

    def assign_timestamps_and_watermarks(self, watermark_strategy: WatermarkStrategy) -> DataStream:
        """Give rows event time, and the stream watermarks that say how far time has come.

        Parameters
        ----------
        watermark_strategy : WatermarkStrategy
            How timestamps are found and how late rows may come.

        Returns
        -------
        DataStream
            The same rows with timestamps.

        Raises
        ------
        InvalidTypeError
            If the argument is not a WatermarkStrategy.
        """
        from flinkette.contracts.watermark_strategy import WatermarkStrategy

        require_instance("assign_timestamps_and_watermarks", watermark_strategy, WatermarkStrategy)
        description = AssignTimestampsDescription(watermark_strategy)
        return self._append(description, "Timestamps/Watermarks", self._output_type)

    def map_batches(
        self, fn: Callable[..., Any], output_type: TypeInformation | None = None
    ) -> DataStream:
        """Turn whole batches into whole batches (flinkette only; PyFlink has no such method).

        Parameters
        ----------
        fn : callable
            Takes a batch, returns a batch of any number of rows. The annotation of its first
            parameter says in which form: ``pyarrow.RecordBatch`` (also without annotation),
            ``pyarrow.Table``, ``pandas.DataFrame``, ``polars.DataFrame``, or ``dict`` for a
            dictionary of numpy arrays by column name.
        output_type : TypeInformation, optional
            Type of the resulting rows; as the returned columns are if not given.

        Returns
        -------
        DataStream
            The rows of the returned batches.

        Raises
        ------
        InvalidTypeError
            If `fn` cannot be called.

        Notes
        -----
        How rows are cut into batches is not fixed: a function whose result depends on the cut gives
        results that depend on load.
        """
        from flinkette.datastream.batch_forms import map_batches_description

        require_output_type("map_batches", output_type)
        return self._append(map_batches_description(fn), "MapBatches", output_type)

    def key_by(
        self,
        key_selector: Callable[..., Any] | KeySelector | str,
        key_type: TypeInformation | None = None,
    ) -> KeyedStream:
        """Send all rows of one key to the same place; rows of one key keep their order.

        Parameters
        ----------
        key_selector : callable, KeySelector or str
            Takes a row, returns its key; a str names a field of the rows (flinkette only).
        key_type : TypeInformation, optional
            Converts and checks each key; without it keys are told apart by type and value.

        Returns
        -------
        KeyedStream
            The stream by key.

        Raises
        ------
        InvalidTypeError
            If `key_selector` cannot be called and is not a field name.
        """
        from flinkette.datastream.keyed_stream import KeyedStream

        if not isinstance(key_selector, str):
            require_function("key_by", key_selector, KeySelector)
        require_output_type("key_by", key_type)
        node = self._env._stream_graph.add(
            KeyByDescription(key_selector, key_type),
            name="_stream_key_by_map_operator",
            inputs=self._edges,
            call_site=find_call_site(),
            output_type=self._output_type,
        )
        return KeyedStream(self, node, key_type)

    def window_all(self, window_assigner: WindowAssigner[Any, Any]) -> AllWindowedStream:
        """Put all rows into windows, without keys; one subtask does the work.

        Parameters
        ----------
        window_assigner : WindowAssigner
            Says which windows a row belongs to.

        Returns
        -------
        AllWindowedStream
            Apply a function to it to get results.

        Raises
        ------
        InvalidTypeError
            If the argument is not a WindowAssigner.
        """
        from flinkette.datastream.windowed_stream import AllWindowedStream

        return AllWindowedStream(self, window_assigner)
