"""What every stream has: its place in the graph, and how a method appends one operator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flinkette.datastream.call_site import find_call_site
from flinkette.datastream.checks import invalid_argument
from flinkette.datastream.operator_settings import StreamOperatorSettings
from flinkette.graph.operators import MapDescription
from flinkette.graph.transformations import Edge

if TYPE_CHECKING:
    from flinkette.contracts.execution_config import ExecutionConfig
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.datastream.data_stream import DataStream
    from flinkette.datastream.stream_execution_environment import StreamExecutionEnvironment
    from flinkette.graph.operators import OperatorDescription
    from flinkette.graph.transformations import Transformation

__all__ = ["StreamBase", "connected_edges"]


class StreamBase(StreamOperatorSettings):
    """The environment, the edges rows come by, and the operator that makes them.

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
    """

    _is_keyed = False

    def __init__(
        self,
        env: StreamExecutionEnvironment,
        edges: tuple[Edge, ...],
        node: Transformation | None,
        output_type: TypeInformation | None,
    ) -> None:
        self._env = env
        self._edges = edges
        self._node = node
        self._output_type = output_type

    def get_type(self) -> TypeInformation:
        """Return the type of the rows.

        Returns
        -------
        TypeInformation
            The declared type; the pickled type for plain Python objects.
        """
        from flinkette.contracts.typeinfo import Types

        return Types.PICKLED_BYTE_ARRAY() if self._output_type is None else self._output_type

    def get_execution_environment(self) -> StreamExecutionEnvironment:
        """Return the environment this stream belongs to.

        Returns
        -------
        StreamExecutionEnvironment
            The environment that made the stream's source.
        """
        return self._env

    def get_execution_config(self) -> ExecutionConfig:
        """Return the environment's execution settings.

        Returns
        -------
        ExecutionConfig
            A view: changes apply to the environment.
        """
        return self._env.get_config()

    def _append(
        self,
        operator: OperatorDescription,
        name: str,
        output_type: TypeInformation | None,
        *,
        inputs: tuple[Edge, ...] | None = None,
        is_non_parallel: bool = False,
    ) -> DataStream:
        """Append one operator, and return the stream of its rows.

        It reads this stream, or `inputs`: this one and another, see `connected_edges`.
        """
        from flinkette.datastream.data_stream import DataStream

        node = self._env._stream_graph.add(
            operator,
            name=name,
            inputs=self._edges if inputs is None else inputs,
            call_site=find_call_site(),
            output_type=output_type,
            parallelism=1 if is_non_parallel else None,
            is_non_parallel=is_non_parallel,
        )
        return DataStream(self._env, (Edge(node),), node, output_type)

    def _operator_node(self, method: str) -> Transformation:
        """Return the operator that makes this stream; a side output gets one of its own."""
        if self._node is None and len(self._edges) == 1 and self._edges[0].tag is not None:
            stream = self._append(MapDescription(_same), "Map", self._output_type)
            self._node, self._edges = stream._node, stream._edges
        if self._node is None:
            raise invalid_argument(
                f"{method}() was called on the result of a method that makes no operator, such as "
                f"union or rebalance; call {method}() on the operator before or after it"
            )
        return self._node


def connected_edges(first: StreamBase, second: StreamBase) -> tuple[Edge, ...]:
    """Return the edges of an operator on two streams, each saying which input it belongs to."""
    return first._edges + tuple(replace(edge, input_index=1) for edge in second._edges)


def _same(value: Any) -> Any:
    return value
