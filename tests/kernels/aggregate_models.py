"""Python models of native accumulators, and the values they are tried with."""

from __future__ import annotations

import math
import statistics
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from flinkette._native.buffer import Uint32Buffer
from flinkette._native.column import Column

NAN = float("nan")
INTS = {
    kind: st.sampled_from([low, high, 0, 1, 2]) | st.integers(low, high)
    for kind, low, high in (
        *((pa.int8(), -128, 127), (pa.int16(), -(2**15), 2**15 - 1)),
        *((pa.int32(), -(2**31), 2**31 - 1), (pa.int64(), -(2**63), 2**63 - 1)),
        *((pa.uint8(), 0, 255), (pa.uint32(), 0, 2**32 - 1), (pa.uint64(), 0, 2**64 - 1)),
    )
}
SPECIAL = st.sampled_from([0.0, -0.0, NAN, math.inf, -math.inf, 1.5, 1e300])
FLOATS = {
    pa.float64(): SPECIAL | st.floats(allow_nan=True),
    pa.float32(): st.sampled_from([0.0, -0.0, NAN, math.inf, 1.5]) | st.floats(width=32),
}
NUMBERS = INTS | FLOATS
OTHERS = {
    pa.bool_(): st.booleans(),
    pa.string(): st.text(max_size=3) | st.just("a text longer than a short string"),
    pa.string_view(): st.text(max_size=3) | st.just("a text longer than twelve bytes"),
    pa.large_binary(): st.binary(max_size=20),
    pa.date32(): st.dates(),
    pa.timestamp("us"): st.datetimes(),
    pa.decimal128(20, 2): st.integers(-(10**18), 10**18).map(lambda n: Decimal(n).scaleb(-2)),
}
FLAT = NUMBERS | OTHERS


def buffer(numbers: list[int]) -> Uint32Buffer:
    return Uint32Buffer.of(numbers)


def column(values: list[Any], kind: pa.DataType) -> Column:
    return Column.from_arrow(pa.array(values, kind))


def order(value: Any) -> tuple[bool, Any]:
    """Sort key: NaN is larger than every number."""
    return (True, 0) if value != value else (False, value)


def identity(value: Any) -> Any:
    """By what values count as different: NaN is one value, -0.0 and 0.0 are two."""
    if isinstance(value, float):
        return "nan" if value != value else (value, math.copysign(1, value))
    return value


def quantile(values: list[float], part: float) -> float:
    ranked = sorted(values, key=order)
    rank = part * (len(ranked) - 1)
    low, high = ranked[math.floor(rank)], ranked[math.ceil(rank)]
    return low if rank == math.floor(rank) or low == high else low + (high - low) * (rank % 1)


def variance(values: list[Any]) -> float | None:
    return statistics.variance(map(float, values)) if len(values) > 1 else None


MODELS: dict[str, Any] = {
    "count": len,
    "count_if": sum,
    "sum": lambda values: sum(values) if values else None,
    "avg": lambda values: sum(values) / len(values) if values else None,
    "min": lambda values: min(values, key=order, default=None),
    "max": lambda values: max(values, key=order, default=None),
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "top_n": lambda values: sorted(values, key=order, reverse=True)[:3] or None,
    "collect": lambda values: list(values) or None,
    "count_distinct": lambda values: len({identity(value) for value in values}),
}
OPTIONS = {"top_n": 3, "approx_count_distinct": 10}


def is_same(value: Any, expected: Any) -> bool:
    """Equality of results: NaN is itself; lists item by item."""
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(is_same(*pair) for pair in zip(value, expected, strict=True))
        )
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(value, float) and math.isnan(value)
    return type(value) is type(expected) and bool(value == expected)
