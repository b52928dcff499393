"""Which windows let rows be combined before they travel."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Time, Types, WatermarkStrategy
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import Avg, Count, Max, Sum
from flinkette.plan.combining import Combination, plan_combination

ROW = Types.ROW_NAMED(
    ["k", "v", "w", "f", "i"],
    [Types.LONG(), Types.LONG(), Types.LONG(), Types.DOUBLE(), Types.INT()],
)
TUMBLING = TumblingEventTimeWindows.of(Time.seconds(6))
SLIDING = SlidingEventTimeWindows.of(Time.seconds(6), Time.seconds(4), Time.seconds(1))


def plan(*windows: Any, change: Any = lambda window: window) -> Combination | None:
    """Plan windows, each an assigner and its aggregates."""
    env = StreamExecutionEnvironment.get_execution_environment()
    rows = env.from_collection([], ROW).assign_timestamps_and_watermarks(
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("k")
    )
    keyed = rows.key_by("k")
    for assigner, *specs in windows:
        change(keyed.window(assigner)).aggregate(*specs)
    return plan_combination(env._stream_graph.nodes[-len(windows) :])


def test_slices_are_the_largest_that_no_window_cuts() -> None:
    assert plan((TUMBLING, Sum("v"))) == Combination(6000, 0, (("v", "sum"),))
    assert plan((SLIDING, Sum("v"), Max("w"))) == Combination(
        2000, 1000, (("v", "sum"), ("w", "max"))
    )
    assert plan((TUMBLING, Sum("v")), (SLIDING, Max("w"))) == Combination(
        1000, 0, (("v", "sum"), ("w", "max"))
    )


@pytest.mark.parametrize(
    "windows",
    [
        [(TUMBLING, Count())],
        [(TUMBLING, Avg("v"))],
        [(TUMBLING, Sum("f"))],
        [(TUMBLING, Sum("i"))],
        [(TUMBLING, Sum("v"), Max("v"))],
        [(TUMBLING, Sum("v")), (TUMBLING, Count())],
        [(EventTimeSessionWindows.with_gap(Time.seconds(1)), Sum("v"))],
    ],
)
def test_other_aggregates_and_windows_see_every_row(windows: Any) -> None:
    assert plan(*windows) is None


def test_late_rows_that_fire_or_go_aside_go_one_by_one() -> None:
    assert plan((TUMBLING, Sum("v")), change=lambda w: w.allowed_lateness(1)) is None
    tag = OutputTag("late", ROW)
    assert plan((TUMBLING, Sum("v")), change=lambda w: w.side_output_late_data(tag)) is None
