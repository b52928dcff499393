"""Arrow arrays of every type the kernels carry, drawn by hypothesis with nulls and offsets."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

FLAT: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.null(): st.none(),
    pa.bool_(): st.booleans(),
    **{
        kind: st.integers(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
        for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())
    },
    **{
        kind: st.integers(0, 2**kind.bit_width - 1)
        for kind in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())
    },
    pa.float16(): st.floats(width=16, allow_nan=False),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    **{
        kind: st.text(st.characters(codec="utf-8"), max_size=20)
        for kind in (pa.string(), pa.large_string(), pa.string_view())
    },
    **{kind: st.binary(max_size=20) for kind in (pa.binary(), pa.large_binary(), pa.binary_view())},
    pa.binary(3): st.binary(min_size=3, max_size=3),
    pa.date32(): st.dates(),
    pa.date64(): st.dates(),
    pa.time32("s"): st.times().map(lambda time: time.replace(microsecond=0)),
    pa.time32("ms"): st.times().map(
        lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
    ),
    pa.time64("us"): st.times(),
    pa.time64("ns"): st.times(),
    pa.timestamp("s"): st.datetimes().map(lambda time: time.replace(microsecond=0)),
    pa.timestamp("ms"): st.datetimes().map(
        lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
    ),
    pa.timestamp("us"): st.datetimes(),
    pa.timestamp("us", "UTC"): st.datetimes(timezones=st.just(dt.timezone.utc)),
    pa.timestamp("ns"): st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)),
    pa.duration("s"): st.integers(-(10**12), 10**12).map(lambda s: dt.timedelta(seconds=s)),
    pa.duration("us"): st.timedeltas(dt.timedelta(days=-(10**7)), dt.timedelta(days=10**7)),
    pa.duration("ns"): st.timedeltas(dt.timedelta(days=-(10**4)), dt.timedelta(days=10**4)),
    pa.decimal128(10, 2): st.integers(-(10**10) + 1, 10**10 - 1).map(
        lambda digits: Decimal(digits).scaleb(-2)
    ),
    pa.decimal128(38, 0): st.integers(-(10**28) + 1, 10**28 - 1).map(Decimal),
}


def or_none(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def nested(
    inner: st.SearchStrategy[tuple[pa.DataType, st.SearchStrategy[Any]]],
) -> st.SearchStrategy[tuple[pa.DataType, st.SearchStrategy[Any]]]:
    def lists_of(drawn: tuple[pa.DataType, st.SearchStrategy[Any]]) -> Any:
        kind, values = drawn
        return st.sampled_from(
            [
                (pa.list_(kind), st.lists(or_none(values), max_size=4)),
                (pa.large_list(kind), st.lists(or_none(values), max_size=4)),
                (pa.list_(kind, 2), st.lists(or_none(values), min_size=2, max_size=2)),
                (
                    pa.struct({"a": kind, "é": pa.int8()}),
                    st.fixed_dictionaries({"a": or_none(values), "é": or_none(st.integers(0, 9))}),
                ),
                (
                    pa.map_(pa.string(), kind),
                    st.dictionaries(st.text("ab", max_size=2), or_none(values), max_size=3).map(
                        lambda pairs: list(pairs.items())
                    ),
                ),
            ]
        )

    return inner.flatmap(lists_of)


flat_types = st.sampled_from(list(FLAT.items()))
any_type = st.recursive(flat_types, nested, max_leaves=3)


@st.composite
def arrays(draw: st.DrawFn, max_size: int = 20) -> pa.Array:
    """Draw an array that may have nulls, an offset, and children with more values than it needs."""
    kind, values = draw(any_type)
    whole = pa.array(draw(st.lists(or_none(values), max_size=max_size)), kind)
    start = draw(st.integers(0, len(whole)))
    return whole.slice(start, draw(st.integers(0, len(whole) - start)))


def plain(value: Any) -> Any:
    """Return what pyarrow's to_pylist gives as our boxing writes it: maps are dicts."""
    if isinstance(value, list):
        if value and all(isinstance(item, tuple) for item in value):
            return {key: plain(item) for key, item in value}
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def expected(array: pa.Array) -> list[Any]:
    """Python values of an array, by pyarrow; nanoseconds as the microseconds below."""
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        array = array.cast(pa.timestamp("us"))
    if pa.types.is_duration(array.type) and array.type.unit == "ns":
        array = array.cast(pa.duration("us"))
    return [plain(value) for value in array.to_pylist()]


def rows_as_dicts(value: Any) -> Any:
    """Return boxed values with Rows as dicts, as pyarrow writes structs."""
    if hasattr(value, "as_dict"):
        return {key: rows_as_dicts(item) for key, item in value.as_dict().items()}
    if isinstance(value, list):
        return [rows_as_dicts(item) for item in value]
    if isinstance(value, dict):
        return {key: rows_as_dicts(item) for key, item in value.items()}
    return value
