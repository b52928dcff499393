"""Windows that PyFlink lacks, and evictors, which drop rows of a window when it fires."""

from __future__ import annotations

from flinkette.contracts.cumulative_windows import CumulativeEventTimeWindows
from flinkette.contracts.evictors import (
    CountEvictor,
    DeltaEvictor,
    Evictor,
    TimeEvictor,
    TimestampedValue,
)

__all__ = [
    "CountEvictor",
    "CumulativeEventTimeWindows",
    "DeltaEvictor",
    "Evictor",
    "TimeEvictor",
    "TimestampedValue",
]
