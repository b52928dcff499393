"""Tier 3. Owns the fluent API with PyFlink's names; may import `client`, `graph`, `contracts`.

A program starts at `stream_execution_environment`; its streams are `data_stream`, `keyed_stream`
and `windowed_stream`. `functions`, `window`, `state`, `connectors` and `formats` are facades over
`flinkette.contracts` and `flinkette.connectors`. Invariant: a method checks, appends one node to
the StreamGraph and returns; nothing runs before `execute`, and importing a module loads no
third-party package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette.contracts.functions import (
        AggregateFunction,
        AsyncFunction,
        AsyncRetryPredicate,
        AsyncRetryStrategy,
        BroadcastProcessFunction,
        CoFlatMapFunction,
        CoMapFunction,
        CoProcessFunction,
        FilterFunction,
        FlatMapFunction,
        KeyedBroadcastProcessFunction,
        KeyedCoProcessFunction,
        KeyedProcessFunction,
        KeySelector,
        MapFunction,
        Partitioner,
        ProcessFunction,
        ProcessWindowFunction,
        ReduceFunction,
        RuntimeContext,
        SinkFunction,
        SourceFunction,
        TimerService,
        WindowFunction,
    )
    from flinkette.contracts.output_tag import OutputTag
    from flinkette.contracts.window import (
        CountWindow,
        GlobalWindow,
        MergingWindowAssigner,
        TimeWindow,
        Trigger,
        TriggerResult,
        Window,
        WindowAssigner,
    )
    from flinkette.datastream.async_data_stream import AsyncDataStream
    from flinkette.datastream.broadcast_streams import BroadcastConnectedStream, BroadcastStream
    from flinkette.datastream.checkpoint_config import (
        CheckpointConfig,
        ExternalizedCheckpointCleanup,
    )
    from flinkette.datastream.checkpointing_mode import CheckpointingMode
    from flinkette.datastream.connected_streams import ConnectedStreams
    from flinkette.datastream.data_stream import DataStream
    from flinkette.datastream.data_stream_sink import DataStreamSink
    from flinkette.datastream.execution_mode import RuntimeExecutionMode
    from flinkette.datastream.externalized_checkpoint_retention import (
        ExternalizedCheckpointRetention,
    )
    from flinkette.datastream.keyed_stream import KeyedStream
    from flinkette.datastream.slot_sharing_group import MemorySize, SlotSharingGroup
    from flinkette.datastream.stream_execution_environment import StreamExecutionEnvironment
    from flinkette.datastream.time_characteristic import TimeCharacteristic
    from flinkette.datastream.time_domain import TimeDomain
    from flinkette.datastream.windowed_stream import WindowedStream

_HOMES = {
    "async_data_stream": ("AsyncDataStream",),
    "checkpoint_config": ("CheckpointConfig", "ExternalizedCheckpointCleanup"),
    "checkpointing_mode": ("CheckpointingMode",),
    "data_stream": (
        "BroadcastConnectedStream", "BroadcastStream", "ConnectedStreams", "DataStream",
        "DataStreamSink", "KeyedStream", "WindowedStream",
    ),
    "execution_mode": ("RuntimeExecutionMode",),
    "externalized_checkpoint_retention": ("ExternalizedCheckpointRetention",),
    "functions": (
        "AsyncFunction", "AsyncRetryPredicate", "AsyncRetryStrategy", "BroadcastProcessFunction",
        "CoFlatMapFunction", "CoMapFunction", "CoProcessFunction",
        "KeyedBroadcastProcessFunction", "KeyedCoProcessFunction",
        "AggregateFunction", "FilterFunction", "FlatMapFunction", "KeySelector",
        "KeyedProcessFunction", "MapFunction", "Partitioner", "ProcessFunction",
        "ProcessWindowFunction", "ReduceFunction", "RuntimeContext", "SinkFunction",
        "SourceFunction", "TimerService", "WindowFunction",
    ),
    "output_tag": ("OutputTag",),
    "slot_sharing_group": ("MemorySize", "SlotSharingGroup"),
    "stream_execution_environment": ("StreamExecutionEnvironment",),
    "time_characteristic": ("TimeCharacteristic",),
    "time_domain": ("TimeDomain",),
    "window": (
        "CountWindow", "GlobalWindow", "MergingWindowAssigner", "TimeWindow", "Trigger",
        "TriggerResult", "Window", "WindowAssigner",
    ),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AggregateFunction",
    "AsyncDataStream",
    "AsyncFunction",
    "AsyncRetryPredicate",
    "AsyncRetryStrategy",
    "BroadcastConnectedStream",
    "BroadcastProcessFunction",
    "BroadcastStream",
    "CheckpointConfig",
    "CheckpointingMode",
    "CoFlatMapFunction",
    "CoMapFunction",
    "CoProcessFunction",
    "ConnectedStreams",
    "CountWindow",
    "DataStream",
    "DataStreamSink",
    "ExternalizedCheckpointCleanup",
    "ExternalizedCheckpointRetention",
    "FilterFunction",
    "FlatMapFunction",
    "GlobalWindow",
    "KeySelector",
    "KeyedBroadcastProcessFunction",
    "KeyedCoProcessFunction",
    "KeyedProcessFunction",
    "KeyedStream",
    "MapFunction",
    "MemorySize",
    "MergingWindowAssigner",
    "OutputTag",
    "Partitioner",
    "ProcessFunction",
    "ProcessWindowFunction",
    "ReduceFunction",
    "RuntimeContext",
    "RuntimeExecutionMode",
    "SinkFunction",
    "SlotSharingGroup",
    "SourceFunction",
    "StreamExecutionEnvironment",
    "TimeCharacteristic",
    "TimeDomain",
    "TimeWindow",
    "TimerService",
    "Trigger",
    "TriggerResult",
    "Window",
    "WindowAssigner",
    "WindowFunction",
    "WindowedStream",
]


def __getattr__(name: str) -> Any:
    """Import a name's module when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value
