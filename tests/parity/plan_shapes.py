"""Names of PyFlink or flinkette for `plan_programs`, and plans with ids counted from 1."""

from __future__ import annotations

import importlib
import json
from types import SimpleNamespace
from typing import Any

_HOMES = {
    "common": ["Configuration", "Time", "Types", "WatermarkStrategy"],
    "datastream": ["SlotSharingGroup"],
    "datastream.connectors.number_seq": ["NumberSequenceSource"],
    "datastream.functions": [
        "AggregateFunction",
        "BroadcastProcessFunction",
        "CoMapFunction",
        "CoProcessFunction",
        "KeyedBroadcastProcessFunction",
        "KeyedCoProcessFunction",
        "KeyedProcessFunction",
        "ProcessWindowFunction",
        "WindowFunction",
    ],
    "datastream.state": ["MapStateDescriptor"],
    "datastream.window": [
        "EventTimeSessionWindows",
        "ProcessingTimeTrigger",
        "SlidingProcessingTimeWindows",
        "TumblingEventTimeWindows",
    ],
}


def api_of(package: str) -> Any:
    """Return the names that programs use, and functions of the package's classes."""
    api = SimpleNamespace()
    for home, names in _HOMES.items():
        module = importlib.import_module(f"{package}.{home}")
        for name in names:
            setattr(api, name, getattr(module, name))
    for function in (*_functions(api), *_connected_functions(api), *_broadcast_functions(api)):
        setattr(api, function.__name__, function)
    return api


def _functions(api: Any) -> list[type]:
    """Return functions as a user writes them."""

    class Keyed(api.KeyedProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            yield value

    class InWindow(api.ProcessWindowFunction):
        def process(self, key: Any, context: Any, elements: Any) -> Any:
            yield 1

    class Applied(api.WindowFunction):
        def apply(self, key: Any, window: Any, inputs: Any) -> Any:
            yield 1

    class Aggregate(api.AggregateFunction):
        def create_accumulator(self) -> int:
            return 0

        def add(self, value: Any, accumulator: int) -> int:
            return accumulator + 1

        def get_result(self, accumulator: int) -> int:
            return accumulator

        def merge(self, left: int, right: int) -> int:
            return left + right

    return [Keyed, InWindow, Applied, Aggregate]


def _connected_functions(api: Any) -> list[type]:
    """Return functions of two streams."""

    class CoMapped(api.CoMapFunction):
        def map1(self, value: Any) -> Any:
            return value

        def map2(self, value: Any) -> Any:
            return value

    class CoProcessed(api.CoProcessFunction):
        def process_element1(self, value: Any, ctx: Any) -> Any:
            yield value

        def process_element2(self, value: Any, ctx: Any) -> Any:
            yield value

    class KeyedCoProcessed(api.KeyedCoProcessFunction):
        def process_element1(self, value: Any, ctx: Any) -> Any:
            yield value

        def process_element2(self, value: Any, ctx: Any) -> Any:
            yield value

    return [CoMapped, CoProcessed, KeyedCoProcessed]


def _broadcast_functions(api: Any) -> list[type]:
    """Return functions of a stream and a broadcast one."""

    class Broadcasted(api.BroadcastProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            yield value

        def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
            yield value

    class KeyedBroadcasted(api.KeyedBroadcastProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            yield value

        def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
            yield value

    return [Broadcasted, KeyedBroadcasted]


def shape_of_plan(text: str) -> list[dict[str, Any]]:
    """Return the nodes, in their order, with ids counted from 1 in the order of the ids.

    Flink counts ids over all programs of a process, and gives some to unions and exchanges.
    """
    nodes: list[dict[str, Any]] = json.loads(text)["nodes"]
    ids = sorted(node["id"] for node in nodes)
    number = {node_id: ids.index(node_id) + 1 for node_id in ids}
    for node in nodes:
        node["id"] = number[node["id"]]
        for edge in node.get("predecessors", []):
            edge["id"] = number[edge["id"]]
    return nodes
