"""Stream methods that bring the rows of two streams together in windows; PyFlink has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.datastream.checks import invalid_argument, require_instance
from flinkette.datastream.stream_base import StreamBase

if TYPE_CHECKING:
    from flinkette.datastream.data_stream import DataStream
    from flinkette.datastream.joined_streams import CoGroupedStreams, JoinedStreams

__all__ = ["JoinMethods"]


class JoinMethods(StreamBase):
    """Joins of two streams, under the names of Flink's Java API."""

    def join(self, other: DataStream) -> JoinedStreams:
        """Pair rows of this stream with those of another that share key and window.

        Parameters
        ----------
        other : DataStream
            The second stream, of the same environment; its rows may be of another type.

        Returns
        -------
        JoinedStreams
            ``.where(key).equal_to(key).window(assigner).apply(function)`` gives the pairs.

        Raises
        ------
        InvalidTypeError
            If `other` is not a stream.
        InvalidPipelineError
            If it belongs to another environment.
        """
        from flinkette.datastream.joined_streams import JoinedStreams

        return JoinedStreams(*self._with("join", other))

    def co_group(self, other: DataStream) -> CoGroupedStreams:
        """Bring all rows of this stream and another together that share key and window.

        Parameters
        ----------
        other : DataStream
            The second stream, of the same environment; its rows may be of another type.

        Returns
        -------
        CoGroupedStreams
            ``.where(key).equal_to(key).window(assigner).apply(function)`` gives the groups.

        Raises
        ------
        InvalidTypeError
            If `other` is not a stream.
        InvalidPipelineError
            If it belongs to another environment.
        """
        from flinkette.datastream.joined_streams import CoGroupedStreams

        return CoGroupedStreams(*self._with("co_group", other))

    def _with(self, method: str, other: DataStream) -> tuple[DataStream, DataStream]:
        """Check the other stream."""
        from flinkette.datastream.data_stream import DataStream

        require_instance(method, other, DataStream)
        assert isinstance(self, DataStream)
        if other._env is not self._env:
            raise invalid_argument(f"{method}() got a stream of another environment")
        return self, other
