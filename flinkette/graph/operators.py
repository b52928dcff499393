"""What each kind of transformation does, as plain data; `plan` and `runtime` read these.

Row functions (`func`) are either plain callables or instances of the classes in
`flinkette.contracts.functions`; nothing here calls them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette.contracts.output_tag import OutputTag
    from flinkette.contracts.sink import Sink
    from flinkette.contracts.source import Source
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.contracts.watermark_strategy import WatermarkStrategy

__all__ = [
    "CONNECTED_DESCRIPTIONS",
    "AssignTimestampsDescription",
    "AsyncDescription",
    "BroadcastProcessDescription",
    "CoFlatMapDescription",
    "CoMapDescription",
    "CoProcessDescription",
    "FilterDescription",
    "FlatMapDescription",
    "IntervalJoinDescription",
    "KeyByDescription",
    "MapBatchesDescription",
    "MapDescription",
    "OperatorDescription",
    "ProcessDescription",
    "ProjectDescription",
    "ReduceDescription",
    "RunningAggregateDescription",
    "SinkDescription",
    "SourceDescription",
    "WindowDescription",
]


@dataclass(frozen=True)
class SourceDescription:
    """Reads a source, with the watermarks the program asked for there."""

    source: Source
    watermark_strategy: WatermarkStrategy | None = None


@dataclass(frozen=True)
class MapDescription:
    """One value for each value."""

    func: Any
    is_keyed: bool = False


@dataclass(frozen=True)
class FilterDescription:
    """Keeps the values the function accepts."""

    func: Any
    is_keyed: bool = False


@dataclass(frozen=True)
class FlatMapDescription:
    """Any number of values for each value."""

    func: Any
    is_keyed: bool = False


@dataclass(frozen=True)
class ProcessDescription:
    """`func` is a ProcessFunction, or a KeyedProcessFunction when `is_keyed`."""

    func: Any
    is_keyed: bool = False


@dataclass(frozen=True)
class CoMapDescription:
    """At most one value for each value of two connected streams."""

    func: Any
    is_keyed: bool = False


@dataclass(frozen=True)
class CoFlatMapDescription:
    """Any number of values for each value of two connected streams."""

    func: Any
    is_keyed: bool = False


@dataclass(frozen=True)
class CoProcessDescription:
    """`func` is a CoProcessFunction, or a KeyedCoProcessFunction when `is_keyed`."""

    func: Any
    is_keyed: bool = False


@dataclass(frozen=True)
class BroadcastProcessDescription:
    """A stream connected with a broadcast one, its second input.

    `func` is a BroadcastProcessFunction, or a KeyedBroadcastProcessFunction when `is_keyed`.
    """

    func: Any
    state_names: tuple[str, ...]
    is_keyed: bool = False


CONNECTED_DESCRIPTIONS = (
    BroadcastProcessDescription,
    CoFlatMapDescription,
    CoMapDescription,
    CoProcessDescription,
)
"""Operators with two inputs; their edges say which one they belong to."""


@dataclass(frozen=True)
class ProjectDescription:
    """Keeps some fields of tuples, in the given order."""

    field_indexes: tuple[int, ...]


@dataclass(frozen=True)
class KeyByDescription:
    """Computes the key column. `selector`: callable, KeySelector, or a field name (ext)."""

    selector: Any
    key_type: TypeInformation | None = None


@dataclass(frozen=True)
class ReduceDescription:
    """Running reduce of a KeyedStream: one row out per row in (contract 7)."""

    func: Any


@dataclass(frozen=True)
class RunningAggregateDescription:
    """Running sum/min/max/min_by/max_by/count/avg of a KeyedStream."""

    kind: str
    position: int | str = 0


@dataclass(frozen=True)
class AssignTimestampsDescription:
    """Sets event times and watermarks."""

    strategy: WatermarkStrategy


@dataclass(frozen=True)
class WindowDescription:
    """A window over a keyed stream; `is_all` for window_all (every row under one key).

    kind               function                       window_function
    "reduce"           ReduceFunction or callable     None, WindowFunction or ProcessWindowFunction
    "aggregate"        AggregateFunction              None, WindowFunction or ProcessWindowFunction
    "apply"            None                           WindowFunction
    "process"          None                           ProcessWindowFunction
    "join"             None                           JoinFunction, FlatJoinFunction or callable
    "co_group"         None                           CoGroupFunction or callable

    The last two have two inputs, whose rows of one key share windows.
    """

    assigner: Any
    trigger: Any
    kind: str
    function: Any = None
    window_function: Any = None
    allowed_lateness_ms: int = 0
    late_tag: OutputTag | None = None
    is_all: bool = False
    evictor: Any = None
    result_type: TypeInformation | None = None
    """Type that the results of built-in aggregates have by themselves, if it is known."""


@dataclass(frozen=True)
class IntervalJoinDescription:
    """Pairs rows of two keyed streams; the right one is later by `lower_ms` to `upper_ms`."""

    func: Any
    """A ProcessJoinFunction."""
    lower_ms: int
    upper_ms: int
    left_late_tag: OutputTag | None = None
    right_late_tag: OutputTag | None = None


@dataclass(frozen=True)
class MapBatchesDescription:
    """`func` takes and returns whole batches in the form its annotations name (ext)."""

    func: Any
    form: str
    """"arrow" (pyarrow.RecordBatch), "table" (pyarrow.Table), "numpy" (dict of arrays), "pandas" or
    "polars" (DataFrame)."""


@dataclass(frozen=True)
class AsyncDescription:
    """Calls `func` for rows without waiting for one call before the next.

    kind          func
    "invoke"      AsyncFunction: a row, a list of results
    "map"         coroutine function, or MapFunction with one: a row, one result
    "flat_map"    the same: a row, an iterable of results or None
    "generate"    asynchronous generator function, or FlatMapFunction with one
    "filter"      coroutine function, or FilterFunction with one: a row, whether to keep it
    "batch"       coroutine function: a list of rows, a list of as many results (ext)
    """

    func: Any
    kind: str
    is_ordered: bool = True
    timeout_ms: int = 300_000
    """How long a call may take, all attempts included; 0: for ever."""
    capacity: int = 100
    """Rows in flight in one subtask, those whose results have not left included."""
    strategy: Any = None
    """AsyncRetryStrategy, None for one attempt."""
    batch_size: int = 1
    max_delay_ms: int = 0
    calls_per_second: float | None = None
    """Calls that begin within any second, over all subtasks."""


@dataclass(frozen=True)
class SinkDescription:
    """Hands rows to a sink."""

    sink: Sink


OperatorDescription = (
    SourceDescription
    | MapDescription
    | FilterDescription
    | FlatMapDescription
    | ProcessDescription
    | CoMapDescription
    | CoFlatMapDescription
    | CoProcessDescription
    | BroadcastProcessDescription
    | ProjectDescription
    | KeyByDescription
    | ReduceDescription
    | RunningAggregateDescription
    | AssignTimestampsDescription
    | WindowDescription
    | IntervalJoinDescription
    | MapBatchesDescription
    | AsyncDescription
    | SinkDescription
)
