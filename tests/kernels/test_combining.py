"""Rows combined natively against plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.combining import KINDS, BatchCombiner
from flinkette._native.marks import Marks

INTS = st.integers(-9, 9) | st.sampled_from([2**63 - 1, -(2**63)])
ROWS = st.lists(st.tuples(st.integers(-2, 2), st.integers(-40, 40), INTS, INTS), max_size=40)
JOIN = {"sum": lambda a, b: a + b, "min": min, "max": max}


def batch_of(rows: list[tuple[int, ...]], marks: list[tuple[int, int]]) -> Batch:
    columns = [Column.from_objects([row[at] for row in rows]) for at in range(4)]
    batch = Batch.from_columns(
        columns, ["k", "t", "a", "b"], columns[1].times_ms(), keys=columns[0]
    )
    if not marks:
        return batch
    stops, times = zip(*marks, strict=True)
    return batch.with_marks(Marks(Int64Buffer.of(stops), Int64Buffer.of(times)))


class Model:
    """What waits, as rows [k, t, a, b] in the order in which they began."""

    def __init__(self, unit: int, kinds: tuple[str, str]) -> None:
        self.unit = unit
        self.kinds = kinds
        self.waiting: list[list[int]] = []
        self.places: dict[tuple[int, int], list[int]] = {}
        self.watermark = -(2**63)

    def add(self, rows: list[tuple[int, ...]], marks: list[tuple[int, int]]) -> list[Any]:
        """Return rows (lists) and watermarks (ints) in the order in which they go."""
        going: list[Any] = []
        left = list(marks)
        for index, (key, time, *values) in enumerate(rows):
            while left and left[0][0] <= index:
                going += self.advance(left.pop(0)[1])
            start = time - time % self.unit
            if start + self.unit - 1 <= self.watermark:
                going.append([key, time, *values])
                continue
            known = self.places.get((key, start))
            if known is not None:
                joined = [
                    JOIN[kind](*pair)
                    for kind, *pair in zip(self.kinds, known[2:], values, strict=True)
                ]
                if all(-(2**63) <= each < 2**63 for each in joined):
                    known[2:] = joined
                    continue
            row = [key, time, *values]
            self.places[key, start] = row
            self.waiting.append(row)
        for _, time in left:
            going += self.advance(time)
        return going

    def advance(self, time: int) -> list[Any]:
        self.watermark = max(self.watermark, time)
        ends = [start + self.unit - 1 for _, start in self.places]
        return [*(self.release() if ends and min(ends) <= self.watermark else []), time]

    def release(self) -> list[list[int]]:
        gone, self.waiting, self.places = self.waiting, [], {}
        return gone


def going(made: Batch | None, marks: list[tuple[int, int]]) -> list[Any]:
    """Return what a batch says as `Model.add` does; marks behind nothing are in no batch."""
    if made is None:
        return [time for _, time in marks]
    assert made.keys is made.columns[0]
    rows: list[Any] = list(map(list, made.objects()))
    assert list(made.times) == [row[1] for row in rows]
    assert (made.marks is None) == (not marks)
    if made.marks is not None:
        assert list(made.marks.times) == [time for _, time in marks]
        for stop, time in reversed(list(zip(made.marks.stops, made.marks.times, strict=True))):
            rows.insert(stop, time)
    return rows


@given(
    st.lists(ROWS, min_size=1, max_size=4),
    st.integers(1, 30),
    st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)),
    st.data(),
)
def test_rows_are_combined_as_the_model_says(
    batches: list[list[tuple[int, ...]]], unit: int, kinds: tuple[str, str], data: st.DataObject
) -> None:
    combiner, model = BatchCombiner(unit, 0, ["a", 3], kinds), Model(unit, kinds)
    for rows in batches:
        if rows:
            stops = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
            times = data.draw(
                st.lists(st.integers(-50, 50), min_size=len(stops), max_size=len(stops))
            )
            marks = list(zip(stops, sorted(times), strict=True))
            batch = batch_of(rows, marks)
            assert combiner.accepts(batch)
            assert going(combiner.add(batch), marks) == model.add(rows, marks)
        if data.draw(st.booleans()):
            watermark = data.draw(st.integers(-50, 50))
            made = combiner.advance(watermark)
            assert [*going(made, []), watermark] == model.advance(watermark)
        assert combiner.held == len(model.waiting)
    assert going(combiner.release(), []) == model.release()


def test_columns_that_are_not_added_up_are_those_of_the_first_row() -> None:
    combiner = BatchCombiner(10, 0, ["a"], ["sum"])
    for first in (0, 3):
        keys, names = Column.from_objects([1, 2, 1]), Column.from_objects(["x", "y", str(first)])
        values = Column.from_objects([first, 1, 5])
        batch = Batch.from_columns(
            [keys, names, values], ["k", "n", "a"], Int64Buffer.of([1, 2, 3]), keys=keys
        )
        assert combiner.add(batch) is None
    made = combiner.release()
    assert made is not None
    assert list(map(tuple, made.objects())) == [(1, "x", 13), (2, "y", 2)]


def test_what_is_no_column_of_ints_is_left_as_it_is() -> None:
    combiner = BatchCombiner(10, 0, ["a"], ["sum"])
    keys_of_ints, ints = Column.from_objects([1, 1]), Column.from_objects([1, 1])
    floats, nulls = Column.from_objects([1.0, 2.0]), Column.from_objects([1, None])
    times = ints.times_ms()

    def accepts(keys: Any, values: Column, times: Int64Buffer | None = times) -> bool:
        return combiner.accepts(
            Batch.from_columns([keys_of_ints, values], ["k", "a"], times, keys=keys)
        )

    assert accepts(keys_of_ints, ints)
    assert not accepts(ints, ints), "the key itself is not added up"
    assert not accepts(keys_of_ints, floats)
    assert not accepts(keys_of_ints, nulls)
    assert not accepts(floats, ints)
    assert not accepts([1, 1], ints)
    assert not accepts(keys_of_ints, ints, None)
    assert not accepts(keys_of_ints, ints, Int64Buffer.of([1, -(2**63)]))
    assert not accepts_objects(combiner, times)


def accepts_objects(combiner: BatchCombiner, times: Int64Buffer) -> bool:
    return combiner.accepts(Batch.from_objects([1], times.slice(0, 1), keys=[1]))


def test_a_batch_of_other_types_does_not_join_what_waits() -> None:
    combiner = BatchCombiner(10, 0, ["a"], ["sum"])
    keys, times = Column.from_objects([1, 1]), Int64Buffer.of([1, 2])

    def batch(other: list[Any]) -> Batch:
        columns = [keys, Column.from_objects(other), keys.slice(0, 2)]
        return Batch.from_columns(columns, ["k", "o", "a"], times, keys=keys)

    assert combiner.add(batch([1, 2])) is None
    assert combiner.accepts(batch([1, 2]))
    assert not combiner.accepts(batch([1.0, 2.0]))
    combiner.release()
    assert combiner.accepts(batch([1.0, 2.0]))


def test_impossible_slices_are_refused() -> None:
    with pytest.raises(ValueError, match="slices of 0 ms"):
        BatchCombiner(0, 0, ["a"], ["sum"])
    with pytest.raises(ValueError, match="avg"):
        BatchCombiner(1, 0, ["a"], ["avg"])
