"""Stream methods that end a stream: sinks, and rows handed to the calling program."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, overload

from flinkette.contracts.output_tag import OutputTag
from flinkette.contracts.sink import Sink
from flinkette.datastream.call_site import find_call_site
from flinkette.datastream.checks import invalid_argument, require_instance, require_int
from flinkette.datastream.data_stream_sink import DataStreamSink
from flinkette.datastream.stream_base import StreamBase
from flinkette.graph.operators import SinkDescription
from flinkette.graph.transformations import Edge

if TYPE_CHECKING:
    from flinkette.datastream.closeable_iterator import CloseableIterator
    from flinkette.datastream.data_stream import DataStream

__all__ = ["OutputMethods"]


class OutputMethods(StreamBase):
    """`sink_to`, `print`, `execute_and_collect` and side outputs."""

    def sink_to(self, sink: Any) -> DataStreamSink:
        """Write the rows to a sink.

        Parameters
        ----------
        sink : Sink
            For example ``FileSink.for_row_format(...).build()``.

        Returns
        -------
        DataStreamSink
            For its name, uid and parallelism.

        Raises
        ------
        InvalidTypeError
            If the argument is not a sink.
        """
        from flinkette.connectors.base import SupportsPreprocessing

        require_instance("sink_to", sink, Sink, hint="builders need .build() at their end")
        transformer = sink.get_transformer() if isinstance(sink, SupportsPreprocessing) else None
        stream = self if transformer is None else transformer.apply(self)
        return stream._append_sink(sink, "Sink: Writer")

    def add_sink(self, sink_func: Any) -> DataStreamSink:
        """Write the rows to a sink of the older kind; the same as `sink_to` here.

        Parameters
        ----------
        sink_func : Sink
            As `sink_to` takes it.

        Returns
        -------
        DataStreamSink
            For its name, uid and parallelism.

        Raises
        ------
        InvalidTypeError
            If the argument is not a sink.
        """
        require_instance("add_sink", sink_func, Sink, hint="builders need .build() at their end")
        return self._append_sink(sink_func, "Sink: Unnamed")

    def print(self, sink_identifier: str | None = None) -> DataStreamSink:
        """Print each row on a line of its own to standard output.

        Parameters
        ----------
        sink_identifier : str, optional
            Comes before each row.

        Returns
        -------
        DataStreamSink
            For its name, uid and parallelism.

        Notes
        -----
        With a parallelism above 1 the number of the subtask comes before the row: ``2> row``.
        """
        from flinkette.connectors.print import PrintSink

        if sink_identifier is not None:
            require_instance("print", sink_identifier, str)
        return self._append_sink(PrintSink(sink_identifier), "Sink: Print to Std. Out")

    @overload
    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: None = None
    ) -> CloseableIterator: ...

    @overload
    def execute_and_collect(
        self, job_execution_name: str | None = None, *, limit: int
    ) -> list[Any]: ...

    @overload
    def execute_and_collect(self, job_execution_name: str | None, limit: int) -> list[Any]: ...

    def execute_and_collect(
        self, job_execution_name: str | None = None, limit: int | None = None
    ) -> CloseableIterator | list[Any]:
        """Run the program and give this stream's rows to the caller.

        Parameters
        ----------
        job_execution_name : str, optional
            Name of the job.
        limit : int, optional
            Stop after this many rows (at least 1).

        Returns
        -------
        CloseableIterator or list
            An iterator that advances the job as it is read, to be closed; with `limit` a list. The
            iterator also gives columns: `to_arrow`, `to_pandas`, `to_batches` (flinkette only).

        Raises
        ------
        InvalidPipelineError
            If the program cannot run, or `limit` is below 1.

        Examples
        --------
        >>> from flinkette.datastream import StreamExecutionEnvironment
        >>> env = StreamExecutionEnvironment.get_execution_environment()
        >>> stream = env.from_collection([1, 2, 3])
        >>> with stream.execute_and_collect() as rows:  # doctest: +SKIP
        ...     print(sum(rows))
        6
        """
        from flinkette.connectors.collect import CollectBuffer, CollectSink

        if limit is not None:
            require_int("execute_and_collect", "limit", limit, least=1)
        buffer = CollectBuffer()
        self._append_sink(
            CollectSink(buffer), "Sink: Data stream collect sink", is_non_parallel=True
        )
        rows = self._env._start_collecting(buffer, job_execution_name, self._output_type)
        if limit is None:
            return rows
        with rows:
            return list(islice(rows, limit))

    def get_side_output(self, output_tag: OutputTag) -> DataStream:
        """Return the rows that the operator of this stream gave to a side output.

        Parameters
        ----------
        output_tag : OutputTag
            The tag the function yields with the row, or late data is sent to.

        Returns
        -------
        DataStream
            The side output, typed as the tag says.

        Raises
        ------
        InvalidTypeError
            If the argument is not an OutputTag.
        InvalidPipelineError
            If the stream is the result of `union`, `rebalance` and the like.
        """
        from flinkette.datastream.data_stream import DataStream

        require_instance("get_side_output", output_tag, OutputTag)
        if self._node is None:
            raise invalid_argument(
                "get_side_output() was called on the result of a method that makes no operator; "
                "call it on the stream that process(...) or the window function returned"
            )
        edge = Edge(self._node, tag=output_tag)
        return DataStream(self._env, (edge,), None, output_tag.type_info)

    def _append_sink(
        self, sink: Sink, name: str, *, is_non_parallel: bool = False
    ) -> DataStreamSink:
        """Append a sink that reads this stream."""
        node = self._env._stream_graph.add(
            SinkDescription(sink),
            name=name,
            inputs=self._edges,
            call_site=find_call_site(),
            output_type=self._output_type,
            parallelism=1 if is_non_parallel else None,
            is_non_parallel=is_non_parallel,
        )
        return DataStreamSink(node)
