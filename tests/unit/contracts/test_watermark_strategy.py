"""Watermark strategies: what they keep, and that they never change."""

from __future__ import annotations

import pickle

import pytest

from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    UnsupportedFeatureError,
)
from flinkette.contracts.time import Duration, Time
from flinkette.contracts.watermark_strategy import (
    AssignerWithPeriodicWatermarksWrapper,
    TimestampAssigner,
    WatermarkStrategy,
)


class FirstField(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp: int) -> int:
        return value[0]


def test_the_three_strategies_differ_in_how_late_a_row_may_come() -> None:
    assert WatermarkStrategy.for_monotonous_timestamps().max_out_of_orderness_ms == 0
    bounded = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))
    assert bounded.max_out_of_orderness_ms == 5000
    assert WatermarkStrategy.no_watermarks().max_out_of_orderness_ms is None


def test_with_methods_return_a_new_strategy_and_leave_the_old_one() -> None:
    plain = WatermarkStrategy.for_monotonous_timestamps()
    assigner = FirstField()
    full = (
        plain.with_timestamp_assigner(assigner)
        .with_idleness(Duration.of_minutes(1))
        .with_watermark_alignment("sources", Duration.of_seconds(20), Duration.of_millis(300))
    )
    assert plain == WatermarkStrategy.for_monotonous_timestamps()
    assert plain.timestamp_assigner is None
    assert full.timestamp_assigner is assigner
    assert full.idleness_ms == 60_000
    assert full.alignment is not None
    assert (full.alignment.group, full.alignment.max_drift_ms) == ("sources", 20_000)
    assert full.alignment.update_interval_ms == 300
    with pytest.raises(AttributeError):
        full.idleness_ms = 1  # type: ignore[misc]


def test_alignment_compares_every_second_unless_told_otherwise() -> None:
    strategy = WatermarkStrategy.no_watermarks().with_watermark_alignment(
        "g", Duration.of_millis(1)
    )
    assert strategy.alignment is not None
    assert strategy.alignment.update_interval_ms == 1000


def test_event_time_may_come_from_a_field_by_name() -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
    assert strategy.timestamp_assigner == "time"


@pytest.mark.parametrize("wrong", [None, 3, "", lambda value, time: 0])
def test_something_that_assigns_no_timestamps_is_refused(wrong) -> None:
    with pytest.raises(InvalidTypeError, match=r"TimestampAssigner or a field name, got"):
        WatermarkStrategy.no_watermarks().with_timestamp_assigner(wrong)


def test_spans_out_of_range_are_refused_with_the_value() -> None:
    plain = WatermarkStrategy.no_watermarks()
    with pytest.raises(InvalidPipelineError, match=r"must not be negative, got -1 ms"):
        WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(-1))
    with pytest.raises(InvalidPipelineError, match=r"idle_timeout must be longer.*got 0 ms"):
        plain.with_idleness(Duration.of_millis(0))
    with pytest.raises(InvalidTypeError, match=r"max_out_of_orderness must be a Time or Duration"):
        WatermarkStrategy.for_bounded_out_of_orderness(5)  # type: ignore[arg-type]


def test_a_time_is_taken_for_a_duration() -> None:
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Time.seconds(2))  # type: ignore[arg-type]
    assert strategy.max_out_of_orderness_ms == 2000


def test_strategies_travel_by_pickle() -> None:
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
    assert pickle.loads(pickle.dumps(strategy)) == strategy


def test_the_handle_of_a_java_assigner_says_what_to_use_instead() -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"for_bounded_out_of_orderness"):
        AssignerWithPeriodicWatermarksWrapper(object())
