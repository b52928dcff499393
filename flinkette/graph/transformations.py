"""The nodes and edges of a StreamGraph: what the user wrote, as plain data.

A node is a `Transformation` with one operator description (`operator`, one of the frozen
dataclasses in `flinkette.graph.operators`). key_by is a node (it computes the key in its upstream's
chain) followed by HASH edges; union, rebalance and side outputs are not nodes but edges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flinkette.contracts.functions import Partitioner
    from flinkette.contracts.output_tag import OutputTag
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.graph.operators import OperatorDescription

__all__ = ["CallSite", "ChangelogMode", "Edge", "Exchange", "RowErrorPolicy", "Transformation"]


class Exchange(Enum):
    """How rows of an edge choose the receiving subtask; values are Flink's ship strategies."""

    FORWARD = "FORWARD"
    """Same subtask index; becomes REBALANCE when the parallelisms differ, unless asked for."""
    HASH = "HASH"
    REBALANCE = "REBALANCE"
    RESCALE = "RESCALE"
    SHUFFLE = "SHUFFLE"
    BROADCAST = "BROADCAST"
    GLOBAL = "GLOBAL"
    CUSTOM = "CUSTOM"


class ChangelogMode(Enum):
    """Which row kinds an operator takes or makes (contract 6)."""

    APPEND = "append"
    RETRACT = "retract"
    UPSERT = "upsert"


@dataclass(frozen=True)
class CallSite:
    """Where in the user's program a stream method was called."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class RowErrorPolicy:
    """What happens to a row whose user function raises (contract 8)."""

    action: str = "fail"
    """"fail", "skip" or "side-output"."""
    tag: OutputTag | None = None
    """Receives `flinkette.ext.RowError` values when the action is "side-output"."""


@dataclass(frozen=True)
class Edge:
    """An input of a transformation."""

    source: Transformation
    exchange: Exchange = Exchange.FORWARD
    is_explicit: bool = False
    """The user asked for this exchange by name (`forward()`, `rebalance()`)."""
    tag: OutputTag | None = None
    """Reads this side output of `source` instead of its main output."""
    partitioner: Partitioner | None = None
    key_selector: Any = None
    """With CUSTOM: selector whose result goes to `partitioner.partition(key, n)`."""
    input_index: int = 0
    """Which input of an operator on connected streams: 0 is the first, 1 the second."""


@dataclass(eq=False)
class Transformation:
    """One thing the user asked for, before any optimisation. Mutable until `execute`."""

    node_id: int
    name: str
    operator: OperatorDescription
    inputs: tuple[Edge, ...]
    call_site: CallSite
    output_type: TypeInformation | None = None
    parallelism: int | None = None
    """None: the environment's parallelism."""
    max_parallelism: int | None = None
    uid: str | None = None
    is_non_parallel: bool = False
    is_chain_start: bool = False
    is_chaining_disabled: bool = False
    slot_sharing_group: str | None = None
    buffer_timeout_ms: int | None = None
    description: str | None = None
    row_error: RowErrorPolicy = field(default_factory=RowErrorPolicy)
