"""Elements of every kind, drawn by hypothesis, and what must be equal after a way."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from flinkette._native.batch import Batch, TupleNames
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.marks import Marks
from flinkette._native.row import Row
from flinkette.contracts.row import RowKind
from flinkette.exchange.element import Element, StatusChange, Watermark
from kernels.arrow_arrays import any_type, flat_types, or_none

INT64 = st.integers(-(2**63), 2**63 - 1)
PLAIN: list[st.SearchStrategy[Any]] = [
    INT64,
    st.floats(),
    st.booleans(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.none(),
]
ODD: list[st.SearchStrategy[Any]] = [
    st.integers(),
    st.text(st.characters(), max_size=3),
    st.just("\ud800"),
    st.decimals(allow_nan=False).map(lambda value: Decimal(value)),
    st.datetimes() | st.dates(),
    st.lists(INT64, max_size=3),
    st.dictionaries(st.text(max_size=2), INT64, max_size=2),
    st.tuples(INT64, st.tuples(st.text(max_size=2))),
    st.sampled_from([1, True, 1.0, 0.0, -0.0, None, "1", b"1", (), (1,), Row(), Row(a=1)]),
]


class Pair(tuple):
    """A tuple of another type."""


@st.composite
def rows_of_one_shape(draw: st.DrawFn, size: int) -> list[Any]:
    """Draw rows that are columns in disguise, or nearly."""
    width = draw(st.integers(1, 4))
    fields = [draw(st.sampled_from(PLAIN)) for _ in range(width)]
    tuples = draw(st.lists(st.tuples(*fields), min_size=size, max_size=size))
    shape = draw(st.sampled_from(["tuple", "value", "row", "named", "kind", "pair"]))
    if shape == "value":
        return [row[0] for row in tuples]
    if shape == "row":
        return [Row(*row) for row in tuples]
    names = [f"n{at}" for at in range(width)]
    if shape in ("named", "kind"):
        rows = [Row(**dict(zip(names, row, strict=True))) for row in tuples]
        if shape == "kind" and rows:
            rows[-1].set_row_kind(RowKind.DELETE)
        return rows
    return [Pair(row) for row in tuples] if shape == "pair" else tuples


@st.composite
def object_rows(draw: st.DrawFn, size: int) -> list[Any]:
    rows = draw(rows_of_one_shape(size))
    if draw(st.booleans()):
        return rows
    odd = st.one_of(*ODD)
    for at in range(size):
        if draw(st.integers(0, 3)) == 0:
            rows[at] = draw(odd)
    return rows


@st.composite
def arrays(draw: st.DrawFn, size: int) -> pa.Array:
    kind, values = draw(st.one_of(flat_types, flat_types, any_type))
    row = or_none(values) if draw(st.booleans()) else values
    return pa.array(draw(st.lists(row, min_size=size + 2, max_size=size + 2)), kind).slice(1, size)


@st.composite
def batches(draw: st.DrawFn, max_rows: int = 12) -> Batch:
    size = draw(st.integers(0, max_rows))

    def numbers() -> Int64Buffer:
        return Int64Buffer.of(draw(st.lists(INT64, min_size=size, max_size=size)))

    def maybe(value: Any) -> Any:
        return value if draw(st.booleans()) else None

    if draw(st.booleans()):
        batch = Batch.from_objects(draw(object_rows(size)))
    else:
        width = draw(st.integers(1, 3))
        columns = [Column.from_arrow(draw(arrays(size))) for _ in range(width)]
        names = draw(st.sampled_from([tuple, TupleNames]))([f"c{at}" for at in range(width)])
        batch = Batch.from_columns(columns, None if width == 1 and draw(st.booleans()) else names)
    keys = draw(st.sampled_from(["none", "objects", "odd", "column"]))
    if keys == "objects":
        field = draw(st.sampled_from(PLAIN))
        batch = batch.with_keys(draw(st.lists(field, min_size=size, max_size=size)))
    elif keys == "odd":
        batch = batch.with_keys(draw(object_rows(size)))
    elif keys == "column":
        batch = batch.with_keys(Column.from_objects(draw(st.just(list(range(size))))))
    batch = batch.with_keys(batch.keys, maybe(numbers())).with_times(maybe(numbers()))
    batch = batch.with_kinds(maybe(bytes(draw(st.binary(min_size=size, max_size=size)))))
    stops = sorted(draw(st.lists(st.integers(0, size), max_size=4)))
    if not stops:
        return batch
    times = sorted(draw(st.lists(INT64, min_size=len(stops), max_size=len(stops))))
    return batch.with_marks(Marks(Int64Buffer.of(stops), Int64Buffer.of(times)))


elements: st.SearchStrategy[Element] = st.one_of(
    INT64.map(Watermark), st.booleans().map(lambda idle: StatusChange(is_idle=idle)), batches()
)


def form(value: Any) -> Any:
    """Describe a value so that equal descriptions mean: same values of the same types."""
    kind = type(value)
    if kind is float:
        return kind, "nan" if value != value else struct.pack("d", value)
    if isinstance(value, Row):
        fields = [form(field) for field in value]
        return kind, getattr(value, "_fields", None), value.get_row_kind(), fields
    if isinstance(value, (tuple, list)):
        return kind, [form(item) for item in value]
    if isinstance(value, dict):
        return kind, [(form(key), form(item)) for key, item in value.items()]
    if isinstance(value, dt.datetime):
        return kind, value, value.tzinfo is None
    return kind, value


def events(found: list[Element]) -> list[Any]:
    """Flatten elements: batches may be cut anywhere, rows and watermarks keep their order."""
    flat: list[Any] = []
    for element in found:
        if isinstance(element, Batch):
            flat.extend(events_of_batch(element))
        else:
            flat.append(element)
    return flat


def events_of_batch(batch: Batch) -> list[Any]:
    marks = (
        [] if batch.marks is None else list(zip(batch.marks.stops, batch.marks.times, strict=True))
    )
    keys = batch.keys.to_objects() if isinstance(batch.keys, Column) else batch.keys
    beside = (batch.times, keys, batch.hashes, batch.kinds)
    shape = (batch.is_columnar, type(batch.row_type), batch.row_type, type(batch.keys))
    flat: list[Any] = []
    for at, row in enumerate([*batch.objects(), None]):
        flat += [("mark", time) for stop, time in marks if stop == at]
        if at < batch.num_rows:
            flat.append((form(row), [each and form(each[at]) for each in beside], shape))
    return flat
