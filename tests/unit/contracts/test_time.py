"""Spans and points of time."""

from __future__ import annotations

import pickle
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.contracts.errors import InvalidTypeError
from flinkette.contracts.time import Duration, Instant, Time, milliseconds_of


def test_times_count_in_milliseconds() -> None:
    made = [Time.milliseconds(1), Time.seconds(1), Time.minutes(1), Time.hours(1), Time.days(1)]
    assert [each.to_milliseconds() for each in made] == [1, 1000, 60_000, 3_600_000, 86_400_000]
    assert str(Time.seconds(3)) == "3000 ms"
    assert Time.seconds(1.5) == Time(1500)  # type: ignore[arg-type]


def test_a_time_of_half_a_millisecond_is_refused() -> None:
    with pytest.raises(InvalidTypeError, match=r"whole number, got 0.5"):
        Time.milliseconds(0.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match=r"whole number, got True"):
        Time(True)


def test_durations_count_in_nanoseconds() -> None:
    made = [
        Duration.of_nanos(5),
        Duration.of_millis(5),
        Duration.of_seconds(5),
        Duration.of_minutes(5),
        Duration.of_hours(5),
        Duration.of_days(5),
    ]
    assert [each.to_nanos() for each in made] == [
        5,
        5_000_000,
        5_000_000_000,
        300_000_000_000,
        18_000_000_000_000,
        432_000_000_000_000,
    ]
    assert Duration.of_nanos(1_999_999).to_millis() == 1
    assert made == sorted(made)


def test_spans_are_equal_by_length_and_class() -> None:
    assert Duration.of_seconds(2) == Duration.of_millis(2000)
    assert Time.seconds(2) == Time.milliseconds(2000)
    assert Time.seconds(2) != Duration.of_seconds(2)
    assert len({Time.seconds(2), Time.milliseconds(2000), Duration.of_seconds(2)}) == 2


def test_every_class_of_span_is_taken_in_ms() -> None:
    for span in (Time.seconds(2), Duration.of_seconds(2), timedelta(seconds=2)):
        assert milliseconds_of(span, "the size") == 2000


def test_a_number_is_no_span_because_it_has_no_unit() -> None:
    with pytest.raises(InvalidTypeError, match=r"the size must be a Time or Duration, got 2000"):
        milliseconds_of(2000, "the size")  # type: ignore[arg-type]


def test_instants_count_seconds_and_nanoseconds_since_1970() -> None:
    # texts recorded from PyFlink 2.3
    assert str(Instant.of_epoch_milli(1500)) == "Instant<1, 500000000>"
    assert str(Instant.of_epoch_milli(-1500)) == "Instant<-2, 500000000>"
    assert str(Instant.of_epoch_milli(-1)) == "Instant<-1, 999000000>"
    assert Instant(1, 2) == Instant(1, 2)
    assert Instant(1, 2) < Instant(1, 3) < Instant(2, 0)


@given(st.integers(-(2**62), 2**62))
def test_milliseconds_go_through_an_instant_unchanged(milliseconds: int) -> None:
    # PyFlink 2.3 gives -901 for -1
    assert Instant.of_epoch_milli(milliseconds).to_epoch_milli() == milliseconds


def test_spans_and_points_can_be_pickled() -> None:
    for value in (Time.seconds(2), Duration.of_days(1), Instant(1, 2)):
        assert pickle.loads(pickle.dumps(value)) == value
