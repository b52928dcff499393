"""ConnectedStreams: two streams of any two types that one function works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.contracts.functions import (
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    KeyedCoProcessFunction,
)
from flinkette.datastream.checks import (
    invalid_argument,
    require_instance,
    require_output_type,
)
from flinkette.datastream.keyed_stream import KeyedStream
from flinkette.datastream.stream_base import connected_edges
from flinkette.graph.operators import (
    CoFlatMapDescription,
    CoMapDescription,
    CoProcessDescription,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.functions import KeySelector
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.datastream.data_stream import DataStream
    from flinkette.graph.operators import OperatorDescription

__all__ = ["ConnectedStreams", "require_keys_of_one_type", "unkeyed"]


class ConnectedStreams:
    """Two streams that one function sees both of, made by `DataStream.connect`.

    The rows of one stream keep their order; between the two there is none. Event time is that of
    the slower stream.

    Parameters
    ----------
    stream1 : DataStream
        The first stream.
    stream2 : DataStream
        The second stream; its rows may be of another type.

    Examples
    --------
    >>> from flinkette.datastream import CoMapFunction, StreamExecutionEnvironment
    >>> class Named(CoMapFunction):
    ...     def map1(self, value):
    ...         return "number", value
    ...
    ...     def map2(self, value):
    ...         return "text", value
    >>> env = StreamExecutionEnvironment.get_execution_environment()
    >>> numbers, texts = env.from_collection([1, 2]), env.from_collection(["a"])
    >>> numbers.connect(texts).map(Named()).get_name()
    'Co-Map'
    """

    def __init__(self, stream1: DataStream, stream2: DataStream) -> None:
        self.stream1 = stream1
        self.stream2 = stream2

    def key_by(
        self,
        key_selector1: Callable[..., Any] | KeySelector | str,
        key_selector2: Callable[..., Any] | KeySelector | str,
        key_type: TypeInformation | None = None,
    ) -> ConnectedStreams:
        """Bring the rows of one key of both streams to the same place.

        Parameters
        ----------
        key_selector1 : callable, KeySelector or str
            Takes a row of the first stream, returns its key; a str names a field (flinkette only).
        key_selector2 : callable, KeySelector or str
            The same for the second stream.
        key_type : TypeInformation, optional
            Converts and checks the keys of both.

        Returns
        -------
        ConnectedStreams
            Both streams by key; their functions have keyed state and timers.

        Raises
        ------
        InvalidTypeError
            If a selector cannot be called and is not a field name.
        """
        return ConnectedStreams(
            unkeyed(self.stream1).key_by(key_selector1, key_type),
            unkeyed(self.stream2).key_by(key_selector2, key_type),
        )

    def map(self, func: CoMapFunction, output_type: TypeInformation | None = None) -> DataStream:
        """Turn each row of either stream into one row.

        Parameters
        ----------
        func : CoMapFunction
            Its `map1` takes rows of the first stream, `map2` those of the second. None is dropped.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results for both streams.

        Raises
        ------
        InvalidTypeError
            If `func` is not a CoMapFunction.
        """
        require_instance("map", func, CoMapFunction)
        require_output_type("map", output_type)
        return self._append(CoMapDescription(func, self._is_keyed()), "Co-Map", output_type)

    def flat_map(
        self, func: CoFlatMapFunction, output_type: TypeInformation | None = None
    ) -> DataStream:
        """Turn each row of either stream into any number of rows.

        Parameters
        ----------
        func : CoFlatMapFunction
            Its `flat_map1` takes rows of the first stream, `flat_map2` those of the second; both
            yield rows, or return an iterable of rows or None.
        output_type : TypeInformation, optional
            Converts and checks each result; plain Python objects if not given.

        Returns
        -------
        DataStream
            The results for both streams.

        Raises
        ------
        InvalidTypeError
            If `func` is not a CoFlatMapFunction.
        """
        require_instance("flat_map", func, CoFlatMapFunction)
        require_output_type("flat_map", output_type)
        description = CoFlatMapDescription(func, self._is_keyed())
        return self._append(description, "Co-Flat Map", output_type)

    def process(
        self,
        func: CoProcessFunction | KeyedCoProcessFunction,
        output_type: TypeInformation | None = None,
    ) -> DataStream:
        """Process rows with their timestamps, by key also with state and timers.

        Parameters
        ----------
        func : CoProcessFunction or KeyedCoProcessFunction
            Its `process_element1` takes rows of the first stream, `process_element2` those of the
            second; both, and `on_timer`, yield rows, and ``tag, row`` pairs for side outputs. A
            KeyedCoProcessFunction needs both streams by key.
        output_type : TypeInformation, optional
            Converts and checks each row of the main output; plain Python objects if not given.

        Returns
        -------
        DataStream
            The main output; `get_side_output` gives the others.

        Raises
        ------
        InvalidTypeError
            If `func` is another kind of function, or needs keys that are not there.
        """
        is_keyed = self._is_keyed()
        kinds = (CoProcessFunction, KeyedCoProcessFunction) if is_keyed else (CoProcessFunction,)
        needs_keys = isinstance(func, KeyedCoProcessFunction)
        hint = "a KeyedCoProcessFunction needs key_by(...) of both streams" if needs_keys else ""
        require_instance("process", func, *kinds, hint=hint)
        require_output_type("process", output_type)
        name = "Keyed Co-Process" if is_keyed else "Co-Process"
        return self._append(CoProcessDescription(func, is_keyed), name, output_type)

    def _is_keyed(self) -> bool:
        first, second = self.stream1, self.stream2
        if not (isinstance(first, KeyedStream) and isinstance(second, KeyedStream)):
            return False
        require_keys_of_one_type("connect", first, second)
        return True

    def _append(
        self, operator: OperatorDescription, name: str, output_type: TypeInformation | None
    ) -> DataStream:
        inputs = connected_edges(self.stream1, self.stream2)
        return self.stream1._append(operator, name, output_type, inputs=inputs)


def require_keys_of_one_type(method: str, first: KeyedStream, second: KeyedStream) -> None:
    """Refuse keys that would not be equal where they look it."""
    if first._key_type != second._key_type:
        raise invalid_argument(
            f"{method}() needs keys of one type, got {first._key_type} for the first stream "
            f"and {second._key_type} for the second; give both the same key_type"
        )


def unkeyed(stream: DataStream) -> DataStream:
    """Return a stream as it was before `key_by`."""
    return stream._origin_stream if isinstance(stream, KeyedStream) else stream
