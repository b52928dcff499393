"""What becomes of pairs whose function fails, and of rows without a time."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Time, Types, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.contracts.errors import (
    MissingTimestampError,
    RowConversionError,
    UserFunctionError,
)
from flinkette.datastream import OutputTag
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext import on_row_error
from flinkette.ext.joins import FlatJoinFunction
from unit.runtime.jobs import environment

BAD = OutputTag("bad")


class Same(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


class Ratios(FlatJoinFunction):
    """Yields a row before it fails."""

    def join(self, first: Any, second: Any) -> Any:
        yield first, second
        yield first / second


def joined(function: Any, output_type: Any = None, *, has_times: bool = True) -> Any:
    env = environment()
    streams = [env.from_collection([1, 2]), env.from_collection([0, 3])]
    if has_times:
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Same())
        streams = [each.assign_timestamps_and_watermarks(strategy) for each in streams]
    paired = streams[0].join(streams[1]).where(lambda _: "k").equal_to(lambda _: "k")
    windows = paired.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    return windows.apply(function, output_type)


def collect(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as rows:
        return list(rows)


def test_a_pair_that_fails_is_named_with_its_key_and_window_time() -> None:
    with pytest.raises(UserFunctionError) as failed:
        collect(joined(lambda first, second: first / second))
    assert "operator 'Window Join'" in str(failed.value)
    assert "ZeroDivisionError" in str(failed.value)
    assert "; row: (1, 0); key: 'k'; event time: 9 ms" in str(failed.value)


def test_a_pair_whose_result_does_not_fit_is_named() -> None:
    with pytest.raises(RowConversionError, match=r"row: \(1, 0\)"):
        collect(joined(lambda first, second: "text", Types.LONG()))


def test_pairs_that_fail_are_left_out_or_sent_aside_one_by_one() -> None:
    def ratio(first: int, second: int) -> float:
        return first / second

    assert collect(on_row_error(joined(ratio), "skip")) == [1 / 3, 2 / 3]
    stream = on_row_error(joined(ratio), "side-output", BAD)
    assert [each.value for each in collect(stream.get_side_output(BAD))] == [(1, 0), (2, 0)]


def test_what_a_pair_gave_before_it_failed_stays() -> None:
    results = collect(on_row_error(joined(Ratios()), "skip"))
    assert results == [(1, 0), (1, 3), 1 / 3, (2, 0), (2, 3), 2 / 3]


def test_a_join_may_make_none_and_a_flat_one_nothing() -> None:
    assert collect(joined(lambda first, second: None)) == [None] * 4

    class Nothing(FlatJoinFunction):
        def join(self, first: Any, second: Any) -> Any:
            return None

    assert collect(joined(Nothing())) == []


def test_a_row_without_a_time_is_named_with_its_input() -> None:
    with pytest.raises(MissingTimestampError, match=r"(first|second) input: an event-time window"):
        collect(joined(lambda first, second: None, has_times=False))
