"""Stream methods that choose who receives which row; they change edges and append no operator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, overload

from flinkette.contracts.errors import UnsupportedFeatureError
from flinkette.contracts.functions import KeySelector, Partitioner
from flinkette.datastream.call_site import find_call_site
from flinkette.datastream.checks import invalid_argument, require_function, require_instance
from flinkette.datastream.stream_base import StreamBase
from flinkette.graph.transformations import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.state import MapStateDescriptor
    from flinkette.datastream.broadcast_streams import BroadcastConnectedStream, BroadcastStream
    from flinkette.datastream.connected_streams import ConnectedStreams
    from flinkette.datastream.data_stream import DataStream

__all__ = ["ExchangeMethods", "not_yet"]


def not_yet(what: str) -> NoReturn:
    """Refuse a part of PyFlink's API that this release does not have."""
    raise UnsupportedFeatureError(
        f"{what} is not there yet in this release of flinkette (at {find_call_site()})"
    )


class ExchangeMethods(StreamBase):
    """`union`, `rebalance` and the other ways rows go to the next operator's subtasks."""

    def union(self, *streams: DataStream) -> DataStream:
        """Put the rows of several streams into one.

        Parameters
        ----------
        *streams : DataStream
            Streams of the same type; a stream given twice comes twice.

        Returns
        -------
        DataStream
            All rows; the rows of one stream keep their order, between streams there is none.

        Raises
        ------
        InvalidPipelineError
            If the types differ, or a stream belongs to another environment.
        """
        from flinkette.datastream.data_stream import DataStream

        edges = self._edges
        for stream in streams:
            require_instance("union", stream, StreamBase)
            if stream._env is not self._env:
                raise invalid_argument("union() got a stream of another environment")
            if stream.get_type() != self.get_type():
                raise invalid_argument(
                    f"union() needs streams of one type, got {self.get_type()} and "
                    f"{stream.get_type()}; map one of them to the other's type"
                )
            edges += stream._edges
        return DataStream(self._env, edges, None, self._output_type)

    def shuffle(self) -> DataStream:
        """Send each row to a random subtask of the next operator.

        Returns
        -------
        DataStream
            The same rows.
        """
        return self._exchanged(Exchange.SHUFFLE)

    def rescale(self) -> DataStream:
        """Send rows in turn to those subtasks of the next operator that are near.

        Returns
        -------
        DataStream
            The same rows.
        """
        return self._exchanged(Exchange.RESCALE)

    def rebalance(self) -> DataStream:
        """Send rows in turn to all subtasks of the next operator.

        Returns
        -------
        DataStream
            The same rows.
        """
        return self._exchanged(Exchange.REBALANCE)

    def forward(self) -> DataStream:
        """Send rows to the subtask of the same index; both parallelisms must be equal.

        Returns
        -------
        DataStream
            The same rows.
        """
        return self._exchanged(Exchange.FORWARD)

    @overload
    def broadcast(self) -> DataStream: ...

    @overload
    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> BroadcastStream: ...

    def broadcast(
        self,
        broadcast_state_descriptor: MapStateDescriptor | None = None,
        *other_broadcast_state_descriptors: MapStateDescriptor,
    ) -> DataStream | BroadcastStream:
        """Send each row to every subtask of the next operator.

        Parameters
        ----------
        broadcast_state_descriptor : MapStateDescriptor, optional
            A state that the rows are to be kept in, for `connect`.
        *other_broadcast_state_descriptors : MapStateDescriptor
            Further ones.

        Returns
        -------
        DataStream or BroadcastStream
            The same rows, once per subtask; with descriptors a stream to connect another one with.

        Raises
        ------
        InvalidTypeError
            If a descriptor is not a MapStateDescriptor.
        InvalidPipelineError
            If two descriptors have one name.
        """
        rows = self._exchanged(Exchange.BROADCAST)
        if broadcast_state_descriptor is None and not other_broadcast_state_descriptors:
            return rows
        from flinkette.datastream.broadcast_streams import broadcast_stream

        return broadcast_stream(
            rows, [broadcast_state_descriptor, *other_broadcast_state_descriptors]
        )

    def partition_custom(
        self,
        partitioner: Callable[..., int] | Partitioner,
        key_selector: Callable[..., Any] | KeySelector | str,
    ) -> DataStream:
        """Let a function choose the subtask of the next operator for each row.

        Parameters
        ----------
        partitioner : callable or Partitioner
            Takes a key and the number of subtasks, returns an index counted from 0.
        key_selector : callable, KeySelector or str
            Takes a row, returns the key for `partitioner`. A str names a field of the rows
            (flinkette only); `partitioner` is then asked once for each distinct key of a batch.

        Returns
        -------
        DataStream
            The same rows.

        Raises
        ------
        InvalidTypeError
            If an argument cannot be called.
        """
        require_function("partition_custom", partitioner, Partitioner)
        if not isinstance(key_selector, str):
            require_function("partition_custom", key_selector, KeySelector)
        return self._exchanged(
            Exchange.CUSTOM,
            partitioner=partitioner,
            key_selector=key_selector,
        )

    @overload
    def connect(self, ds: DataStream) -> ConnectedStreams: ...

    @overload
    def connect(self, ds: BroadcastStream) -> BroadcastConnectedStream: ...

    def connect(
        self, ds: DataStream | BroadcastStream
    ) -> ConnectedStreams | BroadcastConnectedStream:
        """Let one function work on this stream and another one.

        Parameters
        ----------
        ds : DataStream or BroadcastStream
            The second stream, of the same environment; its rows may be of another type.

        Returns
        -------
        ConnectedStreams or BroadcastConnectedStream
            Both streams; apply a function to them to get results.

        Raises
        ------
        InvalidTypeError
            If `ds` is not a stream.
        InvalidPipelineError
            If it belongs to another environment.
        """
        from flinkette.datastream.broadcast_streams import BroadcastConnectedStream, BroadcastStream
        from flinkette.datastream.connected_streams import ConnectedStreams
        from flinkette.datastream.data_stream import DataStream

        require_instance("connect", ds, DataStream, BroadcastStream)
        assert isinstance(self, DataStream)
        second = ds.input_stream if isinstance(ds, BroadcastStream) else ds
        if second._env is not self._env:
            raise invalid_argument("connect() got a stream of another environment")
        if isinstance(ds, BroadcastStream):
            return BroadcastConnectedStream(self, ds, ds.broadcast_state_descriptors)
        return ConnectedStreams(self, second)

    def cache(self) -> NoReturn:
        """Keep the rows for later jobs of this program; not there yet.

        Raises
        ------
        UnsupportedFeatureError
            Always.
        """
        not_yet("cache()")

    def _exchanged(self, exchange: Exchange, **settings: Any) -> DataStream:
        """Return a stream whose rows go on by `exchange`."""
        from flinkette.datastream.data_stream import DataStream

        edges = tuple(
            replace(edge, exchange=exchange, is_explicit=True, **settings) for edge in self._edges
        )
        return DataStream(self._env, edges, None, self._output_type)
