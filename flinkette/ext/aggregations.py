"""Built-in aggregates for windows.

``windows.aggregate(Sum("v"), Count(), with_key=True)`` gives one Row per window with the fields
``key``, ``sum_v`` and ``count``. A field is a name (Row, dict, dataclass, NamedTuple, object), a
position (tuple, list, Row), or left out for streams of single values. None is skipped; ints are
exact. What each of them gives: docs/guide/aggregates.md.
"""

from __future__ import annotations

from flinkette.contracts.aggregates import (
    AggregateSpec,
    Avg,
    Count,
    CountIf,
    First,
    Last,
    Max,
    Min,
    StdDev,
    Sum,
    Variance,
)
from flinkette.contracts.aggregates_of_values import (
    ApproxCountDistinct,
    Collect,
    CountDistinct,
    MaxBy,
    Median,
    MinBy,
    Quantile,
    TopN,
)

__all__ = [
    "AggregateSpec",
    "ApproxCountDistinct",
    "Avg",
    "Collect",
    "Count",
    "CountDistinct",
    "CountIf",
    "First",
    "Last",
    "Max",
    "MaxBy",
    "Median",
    "Min",
    "MinBy",
    "Quantile",
    "StdDev",
    "Sum",
    "TopN",
    "Variance",
]
