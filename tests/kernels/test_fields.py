"""Fields of rows and event times against plain Python."""

from __future__ import annotations

import datetime
import pickle
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.buffer import Int64Buffer
from flinkette._native.fields import FieldGetter, field_times, get_field, max_time
from flinkette._native.marks import mark_crossings
from flinkette._native.row import Row

MIN = -(2**63)
UTC = datetime.timezone.utc
TIMES = st.lists(st.integers(-(10**13), 10**13), max_size=40)


class Point(NamedTuple):
    """A row with named fields that is a tuple."""

    x: int
    y: int


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        (Row(x=1, y=2), "y", 2),
        (Row(1, 2), 1, 2),
        ({"x": 1}, "x", 1),
        ((1, 2), 1, 2),
        ([1, 2], -1, 2),
        (Point(1, 2), "y", 2),
        (Point(1, 2), 1, 2),
        (SimpleNamespace(x=1), "x", 1),
    ],
)
def test_a_field_is_taken_by_position_or_name(row: Any, field: int | str, value: int) -> None:
    assert get_field(row, field) == value
    assert FieldGetter(field)(row) == value


def test_a_getter_can_be_pickled() -> None:
    getter = pickle.loads(pickle.dumps(FieldGetter("x")))
    assert getter({"x": 5}) == 5
    assert repr(getter) == "FieldGetter('x')"


@pytest.mark.parametrize(
    ("row", "field", "error"),
    [((1,), 3, IndexError), ({"x": 1}, "y", KeyError), (5, "x", AttributeError)],
)
def test_a_missing_field_raises_what_python_raises(
    row: Any, field: int | str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        get_field(row, field)


@given(st.lists(st.datetimes() | st.datetimes(timezones=st.just(UTC)) | st.integers(-9, 9)))
def test_times_are_ints_of_ms_or_datetimes(values: list[Any]) -> None:
    def ms(value: Any) -> int:
        if isinstance(value, int):
            return value
        since = value.replace(tzinfo=UTC) - datetime.datetime(1970, 1, 1, tzinfo=UTC)
        return since // datetime.timedelta(milliseconds=1)

    assert list(field_times([(value,) for value in values], 0)) == [ms(value) for value in values]


@pytest.mark.parametrize("value", [None, 1.5, "2024-01-01", True, datetime.date(2024, 1, 1)])
def test_anything_else_is_no_event_time_and_the_row_is_named(value: Any) -> None:
    with pytest.raises(TypeError, match=r"row 1 of the batch holds .*ms since 1970"):
        field_times([{"t": 1}, {"t": value}], "t")


@given(TIMES, st.integers(-(10**13), 10**13) | st.just(MIN))
def test_the_largest_time(times: list[int], running: int) -> None:
    assert max_time(Int64Buffer.of(times), running) == max([*times, running])


def model(times: list[int], running: int, interval: int) -> tuple[list[tuple[int, int]], int]:
    found = []
    for index, time in enumerate(times):
        if time > running:
            if running == MIN or time // interval > running // interval:
                found.append((index + 1, time))
            running = time
    return found, running


def crossings(times: Int64Buffer, running: int, interval: int) -> tuple[list[tuple[int, int]], int]:
    """Where marks stand, with the maximum there: a bound of -1 makes the watermark the maximum."""
    marks, final = mark_crossings(times, running, interval, -1)
    return [] if marks is None else list(zip(marks.stops, marks.times, strict=True)), final


@given(TIMES, st.integers(-(10**6), 10**6) | st.just(MIN), st.integers(1, 10**12))
def test_crossings_are_where_the_maximum_enters_a_later_period(
    times: list[int], running: int, interval: int
) -> None:
    assert crossings(Int64Buffer.of(times), running, interval) == model(times, running, interval)


@given(st.lists(st.integers(-30, 30), max_size=30), st.integers(0, 30), st.integers(1, 20))
def test_crossings_do_not_depend_on_how_rows_are_cut(
    times: list[int], cut: int, interval: int
) -> None:
    whole, final = crossings(Int64Buffer.of(times), MIN, interval)
    head, middle = crossings(Int64Buffer.of(times[:cut]), MIN, interval)
    tail, end = crossings(Int64Buffer.of(times[cut:]), middle, interval)
    rows_before = len(times[:cut])
    assert (head + [(row + rows_before, time) for row, time in tail], end) == (whole, final)
