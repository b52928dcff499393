"""Two streams whose rows meet in windows, step by step as in Flink's Java API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flinkette.contracts.join_functions import CoGroupFunction, FlatJoinFunction, JoinFunction
from flinkette.datastream.checks import require_function, require_output_type
from flinkette.datastream.connected_streams import require_keys_of_one_type, unkeyed
from flinkette.datastream.stream_base import connected_edges
from flinkette.datastream.windowed_stream import WindowSettings
from flinkette.graph.operators import WindowDescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.functions import KeySelector
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.contracts.window import WindowAssigner
    from flinkette.datastream.data_stream import DataStream
    from flinkette.datastream.keyed_stream import KeyedStream

__all__ = ["CoGroupedStreams", "CoGroupedWindows", "JoinedStreams", "JoinedWindows"]

W = TypeVar("W", bound="_PairedWindows")


class _PairedWindows(WindowSettings):
    """The windows that rows of two streams share."""

    def __init__(
        self, first: KeyedStream, second: KeyedStream, window_assigner: WindowAssigner[Any, Any]
    ) -> None:
        super().__init__(first, window_assigner)
        self._second = second

    def _append_function(
        self, kind: str, function: Any, name: str, output_type: TypeInformation | None
    ) -> DataStream:
        description = WindowDescription(
            self._assigner,
            self._trigger,
            kind,
            window_function=function,
            allowed_lateness_ms=self._allowed_lateness_ms,
        )
        inputs = connected_edges(self._stream, self._second)
        return self._stream._append(description, name, output_type, inputs=inputs)


class JoinedWindows(_PairedWindows):
    """Windows in which each row of one stream meets each of the other that has its key."""

    def apply(
        self,
        function: Callable[[Any, Any], Any] | JoinFunction | FlatJoinFunction,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Make rows of each pair of rows in a window.

        Parameters
        ----------
        function : callable, JoinFunction or FlatJoinFunction
            Takes a row of the first stream and one of the second. A callable and a JoinFunction
            return one row, a FlatJoinFunction yields any number.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results, with the last millisecond of their window as event time. Pairs come by
            the first stream's rows in the order these arrived, then by the second's. Rows that
            meet nobody in their window give nothing.

        Raises
        ------
        InvalidTypeError
            If the function is of the wrong kind.
        """
        if not isinstance(function, FlatJoinFunction):
            require_function("apply", function, JoinFunction)
        require_output_type("apply", output_type)
        return self._append_function("join", function, "Window Join", output_type)


class CoGroupedWindows(_PairedWindows):
    """Windows in which all rows of one key of two streams come together."""

    def apply(
        self,
        function: Callable[[list[Any], list[Any]], Any] | CoGroupFunction,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Make rows of all that a window holds of a key.

        Parameters
        ----------
        function : callable or CoGroupFunction
            Takes the rows of the first stream and those of the second, each in the order they
            arrived; yields rows. One of the two may be empty, which makes outer joins.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results, with the last millisecond of their window as event time.

        Raises
        ------
        InvalidTypeError
            If the function is of the wrong kind.
        """
        require_function("apply", function, CoGroupFunction)
        require_output_type("apply", output_type)
        return self._append_function("co_group", function, "Window Co-Group", output_type)


class _EqualTo(Generic[W]):
    """Two streams by key, waiting for windows."""

    def __init__(self, first: KeyedStream, second: KeyedStream, kind: type[W]) -> None:
        self._first = first
        self._second = second
        self._kind = kind

    def window(self, window_assigner: WindowAssigner[Any, Any]) -> W:
        """Put the rows of both streams into windows; rows of one key share them.

        Parameters
        ----------
        window_assigner : WindowAssigner
            Says which windows a row belongs to; it sees the rows of both streams.

        Returns
        -------
        JoinedWindows or CoGroupedWindows
            Apply a function to it to get results.

        Raises
        ------
        InvalidTypeError
            If the argument is not a WindowAssigner.
        """
        return self._kind(self._first, self._second, window_assigner)


class _Where(Generic[W]):
    """Two streams, the first by key."""

    def __init__(self, first: KeyedStream, stream2: DataStream, kind: type[W]) -> None:
        self._first = first
        self._stream2 = stream2
        self._kind = kind

    def equal_to(
        self,
        key_selector: Callable[..., Any] | KeySelector | str,
        key_type: TypeInformation | None = None,
    ) -> _EqualTo[W]:
        """Say what the key of a row of the second stream is.

        Parameters
        ----------
        key_selector : callable, KeySelector or str
            Takes a row of the second stream, returns its key; a str names a field.
        key_type : TypeInformation, optional
            Converts and checks each key; must be the one given to `where`.

        Returns
        -------
        object
            Call `window` on it.

        Raises
        ------
        InvalidTypeError
            If the selector cannot be called and is not a field name.
        InvalidPipelineError
            If the keys of the two streams are not of one type.
        """
        second = unkeyed(self._stream2).key_by(key_selector, key_type)
        require_keys_of_one_type("equal_to", self._first, second)
        return _EqualTo(self._first, second, self._kind)


class _PairedStreams(Generic[W]):
    _kind: type[W]

    def __init__(self, stream1: DataStream, stream2: DataStream) -> None:
        self.stream1 = stream1
        self.stream2 = stream2

    def where(
        self,
        key_selector: Callable[..., Any] | KeySelector | str,
        key_type: TypeInformation | None = None,
    ) -> _Where[W]:
        """Say what the key of a row of the first stream is.

        Parameters
        ----------
        key_selector : callable, KeySelector or str
            Takes a row of the first stream, returns its key; a str names a field.
        key_type : TypeInformation, optional
            Converts and checks each key.

        Returns
        -------
        object
            Call `equal_to` on it.

        Raises
        ------
        InvalidTypeError
            If the selector cannot be called and is not a field name.
        """
        first = unkeyed(self.stream1).key_by(key_selector, key_type)
        return _Where(first, self.stream2, self._kind)


class JoinedStreams(_PairedStreams[JoinedWindows]):
    """Two streams to join, made by `DataStream.join`.

    Parameters
    ----------
    stream1 : DataStream
        The first stream.
    stream2 : DataStream
        The second stream; its rows may be of another type.

    Examples
    --------
    >>> from flinkette.common import Time
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> from flinkette.datastream.window import TumblingEventTimeWindows
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> orders, payments = env.from_collection([(1, "tea")]), env.from_collection([(1, 2.5)])
    >>> keyed = orders.join(payments).where(lambda row: row[0]).equal_to(lambda row: row[0])
    >>> minutes = keyed.window(TumblingEventTimeWindows.of(Time.minutes(1)))
    >>> minutes.apply(lambda order, payment: (order[1], payment[1])).get_name()
    'Window Join'
    """

    _kind = JoinedWindows


class CoGroupedStreams(_PairedStreams[CoGroupedWindows]):
    """Two streams to group together, made by `DataStream.co_group`.

    Parameters
    ----------
    stream1 : DataStream
        The first stream.
    stream2 : DataStream
        The second stream; its rows may be of another type.
    """

    _kind = CoGroupedWindows
