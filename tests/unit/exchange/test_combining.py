"""When rows wait to be combined, and when they stop waiting."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.marks import Marks
from flinkette.exchange import combining
from flinkette.exchange.combining import Combining
from flinkette.exchange.element import EndOfInput, StatusChange, Watermark
from flinkette.plan.combining import Combination


def batch_of(*rows: tuple[int, int, int], mark: int | None = None) -> Batch:
    keys, times, values = (Column.from_objects(list(each)) for each in zip(*rows, strict=True))
    batch = Batch.from_columns([keys, values], ["k", "a"], times.times_ms(), keys=keys)
    if mark is None:
        return batch
    return batch.with_marks(Marks(Int64Buffer.of([len(rows)]), Int64Buffer.of([mark])))


def added(combining: Combining, element: Any) -> list[Any]:
    """Return the rows as lists, and everything else as it is."""
    return [
        list(map(tuple, each.objects())) if isinstance(each, Batch) else each
        for each in combining.add(element)
    ]


@pytest.fixture
def sums() -> Combining:
    return Combining(Combination(10, 0, (("a", "sum"),)))


def test_rows_wait_for_the_watermark_that_closes_their_slice(sums: Combining) -> None:
    assert added(sums, batch_of((1, 1, 5), (2, 2, 6), mark=3)) == [Watermark(3)]
    assert added(sums, batch_of((1, 4, 5))) == []
    assert added(sums, Watermark(8)) == [Watermark(8)]
    assert added(sums, Watermark(9)) == [[(1, 10), (2, 6)], Watermark(9)]
    assert added(sums, Watermark(19)) == [Watermark(19)]


@pytest.mark.parametrize("element", [EndOfInput(), StatusChange(is_idle=True)])
def test_rows_go_before_the_end_and_before_their_sender_is_idle(
    sums: Combining, element: Any
) -> None:
    assert added(sums, batch_of((1, 1, 5))) == []
    assert added(sums, element) == [[(1, 5)], element]
    assert added(sums, element) == [element]


def test_rows_that_cannot_be_combined_go_behind_those_that_wait(sums: Combining) -> None:
    objects = Batch.from_objects([(1, 2)], keys=[1])
    assert added(sums, batch_of((1, 1, 5))) == []
    assert sums.add(objects)[1] is objects
    assert sums.add(objects) == (objects,)


def test_rows_that_cannot_be_combined_move_the_time_all_the_same(sums: Combining) -> None:
    marks = Marks(Int64Buffer.of([1]), Int64Buffer.of([25]))
    objects = Batch.from_objects([(1, 2)], Int64Buffer.of([1]), keys=[1]).with_marks(marks)
    assert sums.add(objects) == (objects,)
    # a row of a slice that is over waits for nothing
    assert added(sums, batch_of((1, 1, 5), mark=26)) == [[(1, 5)]]


def test_a_trial_that_failed_makes_a_pause_that_grows(
    sums: Combining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combining, "TRIAL_ROWS", 4)
    sums = Combining(Combination(10, 0, (("a", "sum"),)))
    sums._pause = 1
    apart = batch_of((1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 1))
    alike = batch_of((1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1))
    whole = [[(1, 1), (2, 1), (3, 1), (4, 1)]]
    same = [[(1, 1)] * 4]
    assert added(sums, apart) == whole, "tried, and let go"
    assert [added(sums, alike) for _ in range(2)] == [same, []], "a pause of one batch"
    assert added(sums, EndOfInput())[0] == [(1, 4)]
    assert added(sums, apart) == whole
    sums = Combining(Combination(10, 0, (("a", "sum"),)))
    sums._pause = 1
    found = [len(added(sums, apart)) for _ in range(2)]
    assert found == [1, 1]
    assert added(sums, apart) == whole, "the second trial"
    assert [added(sums, alike) for _ in range(3)] == [same, same, []], "a pause of two"


def test_a_pause_still_learns_of_watermarks(
    sums: Combining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(combining, "TRIAL_ROWS", 2)
    sums._pause = 1
    assert len(added(sums, batch_of((1, 1, 1), (2, 1, 1)))) == 1
    assert len(added(sums, batch_of((1, 1, 1), mark=9))) == 1
    # its slice is closed: the row may not wait for another watermark
    assert added(sums, batch_of((1, 2, 1))) == [[(1, 1)]]
