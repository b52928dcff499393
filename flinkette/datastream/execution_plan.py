"""A StreamGraph as JSON text in the shape Flink's plan visualiser reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flinkette.graph.operators import SinkDescription, SourceDescription

if TYPE_CHECKING:
    from flinkette.graph.stream_graph import StreamGraph
    from flinkette.graph.transformations import Edge, Transformation

__all__ = ["execution_plan"]


def execution_plan(stream_graph: StreamGraph, parallelism: int) -> str:
    """Return the plan of a program before operators are chained.

    Parameters
    ----------
    stream_graph : StreamGraph
        What `execute` would run.
    parallelism : int
        The environment's.

    Returns
    -------
    str
        JSON: nodes with id, type, contents, parallelism and predecessors.
    """
    nodes = [_node(node, parallelism) for node in stream_graph.nodes]
    return json.dumps({"nodes": nodes}, indent=2)


def _node(node: Transformation, parallelism: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": node.node_id,
        "type": node.name,
        "pact": _pact(node),
        "contents": node.description or node.name,
        "parallelism": _parallelism(node, parallelism),
    }
    if node.inputs:
        described["predecessors"] = [_edge(edge, node, parallelism) for edge in node.inputs]
    return described


def _pact(node: Transformation) -> str:
    if isinstance(node.operator, SourceDescription):
        return "Data Source"
    return "Data Sink" if isinstance(node.operator, SinkDescription) else "Operator"


def _parallelism(node: Transformation, parallelism: int) -> int:
    if node.is_non_parallel:
        return 1
    if isinstance(node.operator, SourceDescription) and not node.operator.source.is_parallel:
        return 1
    return parallelism if node.parallelism is None else node.parallelism


def _edge(edge: Edge, node: Transformation, parallelism: int) -> dict[str, Any]:
    strategy = edge.exchange.value
    is_same_width = _parallelism(edge.source, parallelism) == _parallelism(node, parallelism)
    if strategy == "FORWARD" and not edge.is_explicit and not is_same_width:
        strategy = "REBALANCE"
    return {"id": edge.source.node_id, "ship_strategy": strategy, "side": "second"}
