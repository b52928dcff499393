"""DataStreamSink: the end of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.datastream.operator_settings import OperatorSettings

if TYPE_CHECKING:
    from flinkette.graph.transformations import Transformation

__all__ = ["DataStreamSink"]


class DataStreamSink(OperatorSettings):
    """What `print`, `sink_to` and `add_sink` return: a handle for the sink's settings.

    Parameters
    ----------
    node : Transformation
        The sink in the graph.
    """

    def __init__(self, node: Transformation) -> None:
        self._node = node

    def _operator_node(self, method: str) -> Transformation:
        return self._node
