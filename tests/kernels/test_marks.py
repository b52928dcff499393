"""Watermarks inside batches keep their place when rows are taken and inputs are merged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.marks import Marks, mark_crossings


def marks_of(pairs: list[tuple[int, int]]) -> Marks:
    stops, times = zip(*pairs)
    return Marks(Int64Buffer.of(list(stops)), Int64Buffer.of(list(times)))


def pairs_of(marks: Marks | None) -> list[tuple[int, int]]:
    return [] if marks is None else list(zip(marks.stops, marks.times))


@st.composite
def marked_rows(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    num_rows = draw(st.integers(0, 40))
    stops = sorted(draw(st.lists(st.integers(0, num_rows), min_size=1, max_size=10)))
    times = sorted(draw(st.sets(st.integers(-50, 50), min_size=len(stops), max_size=len(stops))))
    return num_rows, list(zip(stops, times))


@given(marked_rows(), st.data())
def test_taken_rows_see_the_watermarks_that_came_before_them(
    marked: tuple[int, list[tuple[int, int]]], data: st.DataObject
) -> None:
    num_rows, pairs = marked
    rows = sorted(data.draw(st.sets(st.integers(0, num_rows - 1)))) if num_rows else []
    taken = pairs_of(marks_of(pairs).after_take(Uint32Buffer.of(rows)))
    assert taken == [(sum(row < stop for row in rows), time) for stop, time in pairs]


@given(marked_rows(), st.integers(-60, 60), st.integers(-60, 60))
def test_clipped_marks_only_move_the_watermark_forward_and_never_past_the_limit(
    marked: tuple[int, list[tuple[int, int]]], limit: int, announced: int
) -> None:
    expected, reached = [], announced
    for stop, time in marked[1]:
        if min(time, limit) > reached:
            reached = min(time, limit)
            expected.append((stop, reached))
    assert pairs_of(marks_of(marked[1]).clipped(limit, announced)) == expected


def test_a_watermark_far_in_the_past_stays_above_the_smallest_time() -> None:
    smallest = -(2**63)
    marks, reached = mark_crossings(Int64Buffer.of([smallest + 1]), smallest, 200, 5)
    assert reached == smallest + 1
    assert pairs_of(marks) == [(1, smallest + 1)]
