"""Functions that join two streams, after Flink's Java API; PyFlink has none.

`DataStream.join` takes a `JoinFunction` or `FlatJoinFunction`, `DataStream.co_group` a
`CoGroupFunction`, `KeyedStream.interval_join` a `ProcessJoinFunction`, for example `JoinedFields`.
"""

from __future__ import annotations

from flinkette.contracts.join_functions import (
    CoGroupFunction,
    FlatJoinFunction,
    JoinedFields,
    JoinFunction,
    ProcessJoinFunction,
)

__all__ = [
    "CoGroupFunction",
    "FlatJoinFunction",
    "JoinFunction",
    "JoinedFields",
    "ProcessJoinFunction",
]
