"""From the environment's StreamGraph to the one that a job gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.contracts.errors import InvalidPipelineError
from flinkette.graph.operators import KeyByDescription, SourceDescription
from flinkette.graph.stream_graph import StreamGraph

if TYPE_CHECKING:
    from flinkette.graph.transformations import Transformation

__all__ = ["graph_to_submit"]


def graph_to_submit(stream_graph: StreamGraph) -> StreamGraph:
    """Return the operators appended since the last job and everything they read from.

    Parameters
    ----------
    stream_graph : StreamGraph
        The environment's; left as it is.

    Returns
    -------
    StreamGraph
        A new graph in the order of the program. Sources that nothing reads are left out; operators
        of an earlier job come again if a new one reads them.

    Raises
    ------
    InvalidPipelineError
        If nothing was appended.
    """
    wanted: dict[int, Transformation] = {}
    waiting = [
        node for node in stream_graph.nodes if not isinstance(node.operator, SourceDescription)
    ]
    if not waiting:
        raise InvalidPipelineError(
            "there is nothing to execute: no operator was added to a stream since the last job; "
            "end a stream with print(), sink_to(...) or another method first"
        )
    while waiting:
        node = waiting.pop()
        if node.node_id not in wanted:
            wanted[node.node_id] = node
            waiting += [edge.source for edge in node.inputs]
    nodes = [wanted[node_id] for node_id in sorted(wanted)]
    for node in nodes:
        _follow_upstream(node)
    return StreamGraph(nodes, stream_graph.next_id)


def _follow_upstream(node: Transformation) -> None:
    """Give a key_by the parallelism of the operator it reads, so that both run as one chain."""
    if isinstance(node.operator, KeyByDescription) and len(node.inputs) == 1:
        upstream = node.inputs[0].source
        node.parallelism = upstream.parallelism
        node.max_parallelism = upstream.max_parallelism
        node.is_non_parallel = upstream.is_non_parallel
