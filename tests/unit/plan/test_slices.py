"""Which windows run natively over slices, and why others do not."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Row, Time, Types
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.datastream.window import (
    CountTrigger,
    EventTimeTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from flinkette.ext.aggregations import Count, Max, MinBy, Sum
from flinkette.ext.row_errors import on_row_error
from flinkette.ext.windows import CumulativeEventTimeWindows
from flinkette.plan.slices import CUMULATIVE, SLIDING, TUMBLING, SlicePlan, plan_slices

ROW = Types.ROW_NAMED(
    ["k", "v", "f", "o"],
    [Types.STRING(), Types.LONG(), Types.DOUBLE(), Types.PICKLED_BYTE_ARRAY()],
)
TEN_SECONDS = TumblingEventTimeWindows.of(Time.seconds(10))


def rows(type_info: Any = ROW) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    values = [Row(k="a", v=1, f=0.5, o=None)] if type_info in (ROW, None) else []
    return env.from_collection(values, type_info=type_info)


def plan_of(results: Any) -> SlicePlan | str:
    return plan_slices(results._node)


def planned(results: Any) -> SlicePlan:
    plan = plan_of(results)
    assert isinstance(plan, SlicePlan), plan
    return plan


def test_built_in_aggregates_of_declared_fields_run_over_slices() -> None:
    windows = rows().key_by("k").window(TEN_SECONDS).allowed_lateness(7)
    plan = planned(windows.aggregate([Sum("v"), Count(), Max(2)], with_key=True, with_window=True))
    window = plan.windows[0]
    assert (window.shape, window.size, window.lateness) == (TUMBLING, 10_000, 7)
    assert window.names == ("key", "window_start", "window_end", "sum_v", "count", "max_f2")
    assert [each.spec for each in plan.aggregates] == [("long",), None, ("double",)]
    assert plan.key_spec == ("string",)


def test_a_single_aggregate_without_fields_gives_bare_values() -> None:
    windows = rows().key_by(lambda row: row["k"]).window(TEN_SECONDS)
    plan = planned(windows.aggregate(Sum("v")))
    assert (plan.windows[0].names, plan.key_spec) == (None, None)


def test_every_window_of_fixed_event_times_has_slices() -> None:
    keyed = rows().key_by("k")
    sliding = SlidingEventTimeWindows.of(Time.seconds(7), Time.seconds(2))
    cumulative = CumulativeEventTimeWindows.of(Time.hours(24), Time.hours(1), Time.minutes(5))
    shapes = []
    for assigner in (TEN_SECONDS, sliding, cumulative):
        window = planned(keyed.window(assigner).aggregate(Count())).windows[0]
        shapes.append((window.shape, window.size, window.slide, window.offset))
    assert shapes == [
        (TUMBLING, 10_000, 0, 0),
        (SLIDING, 7_000, 2_000, 0),
        (CUMULATIVE, 86_400_000, 3_600_000, 300_000),
    ]
    assert planned(rows().window_all(TEN_SECONDS).aggregate(Count())).key_spec is None


def test_tuples_and_single_values_have_fields_too() -> None:
    pairs = rows(Types.TUPLE([Types.STRING(), Types.LONG()])).key_by(lambda pair: pair[0])
    assert planned(pairs.window(TEN_SECONDS).aggregate(Sum(1))).aggregates[0].spec == ("long",)
    numbers = rows(Types.LONG()).key_by(lambda value: value % 2)
    assert planned(numbers.window(TEN_SECONDS).aggregate(Sum())).aggregates[0].field is None


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda keyed: keyed.sum("v"), "it is no window"),
        (
            lambda keyed: keyed.window(TEN_SECONDS).reduce(lambda a, b: a),
            "its function is not made of built-in aggregates",
        ),
        (
            lambda keyed: keyed.window(TEN_SECONDS).trigger(EventTimeTrigger()).aggregate(Count()),
            "it has a trigger of its own: EventTimeTrigger",
        ),
        (
            lambda keyed: keyed.window(TEN_SECONDS).trigger(CountTrigger.of(2)).aggregate(Count()),
            "it has a trigger of its own: CountTrigger",
        ),
        (
            lambda keyed: keyed.window(TumblingProcessingTimeWindows.of(Time.seconds(1))).aggregate(
                Count()
            ),
            "TumblingProcessingTimeWindows has no native counterpart",
        ),
        (
            lambda keyed: keyed.window(TEN_SECONDS).aggregate(Sum("k")),
            "sum_k: Sum has no native accumulator for ('string',)",
        ),
        (
            lambda keyed: keyed.window(TEN_SECONDS).aggregate(Sum("nope")),
            "sum_nope: the rows have no field 'nope' of a declared type",
        ),
        (
            lambda keyed: keyed.window(TEN_SECONDS).aggregate(Count().alias("key"), with_key=True),
            "two of its result fields have one name: key, key",
        ),
        (
            lambda keyed: keyed.window(TumblingEventTimeWindows(2**61)).aggregate(Count()),
            "its size, slide or offset is above 2**60 ms: "
            "TumblingEventTimeWindows(2305843009213693952, 0)",
        ),
        (
            lambda keyed: keyed.window(TEN_SECONDS).aggregate(MinBy("v")),
            "minby_v: MinBy has no native accumulator",
        ),
    ],
)
def test_the_plan_says_why_the_general_operator_is_needed(make: Any, reason: str) -> None:
    plan = plan_of(make(rows().key_by("k")))
    assert isinstance(plan, str)
    assert plan.startswith(reason)


def test_rows_without_a_declared_type_need_the_general_operator() -> None:
    windows = rows(None).key_by(lambda row: row["k"]).window(TEN_SECONDS)
    assert plan_of(windows.aggregate(Count())) == "the type of its rows is not declared"


def test_rows_that_fail_need_the_general_operator_unless_they_end_the_job() -> None:
    results = rows().key_by("k").window(TEN_SECONDS).aggregate(Count())
    on_row_error(results, "side-output", OutputTag("bad"))
    assert plan_of(results) == "rows that fail are not to end the job, but: side-output"
