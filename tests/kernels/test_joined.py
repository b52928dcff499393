"""Batches joined to one: a batch that was cut is whole again, with all that is beside its rows."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch, TupleNames
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.joined import can_join, join
from flinkette._native.marks import Marks
from unit.exchange.elements import batches, events


def cut(batch: Batch, stops: list[int]) -> list[Batch]:
    """Slices with the marks among their rows."""
    bounds = [0, *sorted(min(stop, batch.num_rows) for stop in stops), batch.num_rows]
    parts = []
    for start, stop in pairwise(bounds):
        if start < stop:
            marks = None if batch.marks is None else batch.marks.in_rows(start, stop)
            parts.append(batch.slice(start, stop).with_marks(marks))
    return parts


def marks_of(parts: list[Batch]) -> list[tuple[int, Marks]]:
    found, start = [], 0
    for part in parts:
        if part.marks is not None:
            found.append((start, part.marks))
        start += part.num_rows
    return found


@given(batches(), st.lists(st.integers(0, 12), max_size=4))
def test_a_batch_that_was_cut_is_whole_again(batch: Batch, stops: list[int]) -> None:
    parts = cut(batch, stops)
    if len(parts) < 2 or not can_join(parts[0], parts[1]):
        return
    assert all(can_join(parts[0], part) for part in parts)
    assert events([join(parts, marks_of(parts))]) == events([join([batch], marks_of([batch]))])
    assert rows_of(join(parts, [])) == rows_of(batch)


def rows_of(batch: Batch) -> list[Any]:
    return events([batch.with_marks(None)])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), min_size=1, max_size=9))
def test_marks_that_say_nothing_new_are_left_out(found: list[tuple[int, int]]) -> None:
    found.sort(key=lambda each: each[0])
    marks = [(0, Marks(Int64Buffer.of([row]), Int64Buffer.of([time]))) for row, time in found]
    joined = join([Batch.from_objects(list(range(9)))], marks).marks
    wanted: list[tuple[int, int]] = []
    for row, time in found:
        if not wanted or time > wanted[-1][1]:
            wanted.append((row, time))
    assert joined is not None
    assert list(zip(joined.stops, joined.times, strict=True)) == wanted


def columns(*columns: Column, keys: Any = None) -> Batch:
    return Batch.from_columns(columns, [f"c{at}" for at in range(len(columns))], keys=keys)


def test_batches_of_another_form_are_not_joined() -> None:
    ints, others = Column.from_buffer(array("q", [1])), Column.from_buffer(array("d", [1.0]))
    named = Batch.from_columns([ints], TupleNames(["c0"]))
    words = Column.from_arrow(pa.array(["a"]).dictionary_encode())
    times = Int64Buffer.of([5])
    for left, right in [
        (columns(ints), columns(others)),
        (columns(ints), columns(ints, ints)),
        (columns(ints), named),
        (columns(ints), Batch.from_objects([1])),
        (columns(ints), columns(ints).with_times(times)),
        (columns(ints, keys=ints), columns(ints, keys=others)),
        (columns(ints, keys=ints), columns(ints, keys=[1])),
        (columns(words), columns(words)),
        (columns(ints).with_kinds(b"\0"), columns(ints)),
        (Batch.from_objects([1]).with_keys([1]), Batch.from_objects([1])),
    ]:
        assert not can_join(left, right)
        assert not can_join(right, left)
    assert can_join(columns(ints, others, keys=ints), columns(ints, others, keys=ints))


def test_keys_and_times_that_are_a_column_stay_that_column() -> None:
    parts = []
    for first in (1, 10):
        column = Column.from_buffer(array("q", [first, first + 1]))
        parts.append(columns(column, keys=column).with_times(column.times_ms()))
    joined = join(parts, [])
    assert joined.keys is joined.columns[0]
    assert list(joined.times) == [1, 2, 10, 11]


def test_one_batch_alone_is_not_copied() -> None:
    column = Column.from_buffer(array("q", [1, 2]))
    mark = Marks(Int64Buffer.of([0]), Int64Buffer.of([7]))
    joined = join([columns(column)], [(2, mark)])
    assert joined.columns[0] is column
    assert list(joined.marks.stops) == [2]
