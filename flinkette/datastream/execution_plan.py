"""A StreamGraph as JSON text in the shape Flink's plan visualiser reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flinkette.graph.operators import SinkDescription, SourceDescription, WindowDescription

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
        JSON: nodes with id, type, pact, contents, parallelism and predecessors; sinks come last, as
        Flink has them.
    """
    in_order = sorted(
        stream_graph.nodes, key=lambda node: isinstance(node.operator, SinkDescription)
    )
    nodes = [_node(node, parallelism) for node in in_order]
    return json.dumps({"nodes": nodes}, indent=2)


def _node(node: Transformation, parallelism: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": node.node_id,
        "type": node.name,
        "pact": _pact(node),
        "contents": _contents(node),
        "parallelism": _parallelism(node, parallelism),
    }
    if node.inputs:
        described["predecessors"] = [_edge(edge, node, parallelism) for edge in node.inputs]
    return described


def _contents(node: Transformation) -> str:
    """Return the description: the user's, PyFlink's of a window, or the name."""
    if node.description is not None:
        return node.description
    window = node.operator
    if not isinstance(window, WindowDescription):
        return node.name
    trigger = window.trigger or window.assigner.get_default_trigger(None)
    functions = (window.function, window.window_function)
    names = [type(function).__name__ for function in functions if function is not None]
    kind = "AllWindow" if window.is_all else "Window"
    return f"{kind}({window.assigner}, {type(trigger).__name__}, {', '.join(names)})"


def _pact(node: Transformation) -> str:
    if isinstance(node.operator, SourceDescription):
        return "Data Source"
    return "Data Sink" if isinstance(node.operator, SinkDescription) else "Operator"


def _parallelism(node: Transformation, parallelism: int) -> int:
    operator = node.operator
    if node.is_non_parallel:
        return 1
    if isinstance(operator, SourceDescription) and not operator.source.is_parallel:
        return 1
    if isinstance(operator, SinkDescription) and not operator.sink.is_parallel:
        return 1
    return parallelism if node.parallelism is None else node.parallelism


def _edge(edge: Edge, node: Transformation, parallelism: int) -> dict[str, Any]:
    strategy = edge.exchange.value
    is_same_width = _parallelism(edge.source, parallelism) == _parallelism(node, parallelism)
    if strategy == "FORWARD" and not edge.is_explicit and not is_same_width:
        strategy = "REBALANCE"
    return {"id": edge.source.node_id, "ship_strategy": strategy, "side": "second"}
