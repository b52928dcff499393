"""Built-in aggregates for windows.

``windows.aggregate(Sum("v"), Count(), with_key=True)`` gives one Row per window with the fields
``key``, ``sum_v`` and ``count``. A field is a name (Row, dict, dataclass, NamedTuple, object), a
position (tuple, list, Row), or left out for streams of single values. None is skipped; ints are
exact.
"""

from __future__ import annotations

from flinkette.contracts.aggregates import (
    AggregateSpec,
    Avg,
    Count,
    First,
    Last,
    Max,
    Min,
    StdDev,
    Sum,
)

__all__ = ["AggregateSpec", "Avg", "Count", "First", "Last", "Max", "Min", "StdDev", "Sum"]
