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


def model(
    rows: list[tuple[int, ...]], marks: list[tuple[int, int]], unit: int, kinds: tuple[str, str]
) -> list[tuple[int, ...]]:
    made: list[list[int]] = []
    places: dict[int, tuple[int, list[int]]] = {}  # of each key: the slice it was last in
    watermark = -(2**63)
    waiting = list(marks)
    for index, (key, time, *values) in enumerate(rows):
        while waiting and waiting[0][0] <= index:
            watermark = max(watermark, waiting.pop(0)[1])
        start = time - time % unit
        slice_start, known = places.get(key, (None, []))
        is_open = start + unit - 1 > watermark
        if slice_start == start and is_open:
            joined = [
                JOIN[kind](*pair) for kind, *pair in zip(kinds, known[2:], values, strict=True)
            ]
            if all(-(2**63) <= each < 2**63 for each in joined):
                known[2:] = joined
                continue
        row = [key, time, *values]
        if is_open:
            places[key] = start, row
        made.append(row)
    return [tuple(row) for row in made]


@given(
    ROWS.filter(bool),
    st.integers(1, 30),
    st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)),
    st.data(),
)
def test_rows_are_combined_as_the_model_says(
    rows: list[tuple[int, ...]], unit: int, kinds: tuple[str, str], data: st.DataObject
) -> None:
    stops = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    times = sorted(
        data.draw(st.lists(st.integers(-50, 50), min_size=len(stops), max_size=len(stops)))
    )
    marks = list(zip(stops, times, strict=True))
    combiner = BatchCombiner(unit, 0, ["a", 3], kinds)
    for _ in range(2):  # nothing stays from one batch to the next
        made = combiner.combine(batch_of(rows, marks))
        assert made is not None
        assert list(map(tuple, made.objects())) == model(rows, marks, unit, kinds)
        assert made.keys is made.columns[0]
        assert list(made.times) == [row["t"] for row in made.objects()]
        assert (made.marks is None) == (not marks)
        if marks:
            firsts = first_rows(rows, made)
            expected = [sum(first < stop for first in firsts) for stop in made_stops(marks)]
            assert sorted(set(made.marks.stops)) == sorted(set(expected))
            assert made.marks.last_time == marks[-1][1]


def made_stops(marks: list[tuple[int, int]]) -> list[int]:
    return [stop for stop, _ in marks]


def first_rows(rows: list[tuple[int, ...]], made: Batch) -> list[int]:
    """Where combined rows began: their keys and times are those of the first row, in order."""
    found: list[int] = []
    at = 0
    for row in made.objects():
        while (rows[at][0], rows[at][1]) != (row["k"], row["t"]):
            at += 1
        found.append(at)
        at += 1
    return found


def test_what_is_no_column_of_ints_is_left_as_it_is() -> None:
    combiner = BatchCombiner(10, 0, ["a"], ["sum"])
    keys_of_ints, ints = Column.from_objects([1, 1]), Column.from_objects([1, 1])
    floats, nulls = Column.from_objects([1.0, 2.0]), Column.from_objects([1, None])
    times = ints.times_ms()

    def combined(keys: Any, values: Column, times: Int64Buffer | None = times) -> Batch | None:
        return combiner.combine(
            Batch.from_columns([keys_of_ints, values], ["k", "a"], times, keys=keys)
        )

    assert combined(keys_of_ints, ints) is not None
    assert combined(ints, ints) is None, "the key itself is not added up"
    assert combined(keys_of_ints, floats) is None
    assert combined(keys_of_ints, nulls) is None
    assert combined(floats, ints) is None
    assert combined([1, 1], ints) is None
    assert combined(keys_of_ints, ints, None) is None
    assert combined(keys_of_ints, ints, Int64Buffer.of([1, -(2**63)])) is None
    assert combiner.combine(Batch.from_objects([1], times.slice(0, 1), keys=[1])) is None


def test_impossible_slices_are_refused() -> None:
    with pytest.raises(ValueError, match="slices of 0 ms"):
        BatchCombiner(0, 0, ["a"], ["sum"])
    with pytest.raises(ValueError, match="avg"):
        BatchCombiner(1, 0, ["a"], ["avg"])
