"""Every built-in aggregate in both window operators: over slices, and in the general one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flinkette.common import Configuration, Row, Time, Types, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    EventTimeTrigger,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import (
    ApproxCountDistinct,
    Avg,
    Collect,
    Count,
    CountDistinct,
    CountIf,
    First,
    Last,
    Max,
    MaxBy,
    Median,
    Min,
    MinBy,
    Quantile,
    StdDev,
    Sum,
    TopN,
    Variance,
)

TYPE = Types.ROW_NAMED(
    ["t", "n", "x", "s", "b"],
    [Types.LONG(), Types.LONG(), Types.DOUBLE(), Types.STRING(), Types.BOOLEAN()],
)
EXACT = (
    *(
        Count(),
        Count("s"),
        CountIf("b"),
        Sum("n"),
        Avg("n"),
        Min("n"),
        Max("s"),
        Min("x"),
        Max("x"),
    ),
    *(First("s"), Last("x"), TopN("n", 3), TopN("s", 2), Collect("s"), Collect("n")),
    *(CountDistinct("x"), ApproxCountDistinct("s", 8), Median("n"), Quantile("x", 0.9)),
)
BY_ROW = (MinBy("n"), MaxBy("s"))
FLOATS = (Sum("x"), Avg("x").alias("mean"), Variance("n"), StdDev("n", population=True))
WINDOWS = {
    "tumbling": TumblingEventTimeWindows.of(Time.milliseconds(10)),
    "sliding": SlidingEventTimeWindows.of(Time.milliseconds(12), Time.milliseconds(5)),
    "session": EventTimeSessionWindows.with_gap(Time.milliseconds(3)),
}
ROWS = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.none() | st.integers(-9, 9),
        st.none() | st.sampled_from([0.0, 1.5, -2.0, math.inf, math.nan, 3.25]),
        st.none() | st.sampled_from(["", "a", "b", "a text longer than a short string"]),
        st.none() | st.booleans(),
    ),
    max_size=40,
)


def run(rows: list[Any], windows: Any, specs: Any, batch_rows: int, *, general: bool) -> list[str]:
    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", batch_rows)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("t")
    fields = TYPE.get_field_names()
    typed = env.from_collection([Row(**dict(zip(fields, row, strict=True))) for row in rows], TYPE)
    keyed = typed.assign_timestamps_and_watermarks(strategy).key_by(lambda row: row["t"] % 2)
    windowed = keyed.window(windows)
    if general:
        windowed = windowed.trigger(EventTimeTrigger.create())
    result = windowed.aggregate(*specs, with_key=True, with_window=True)
    with result.execute_and_collect() as results:
        return sorted(repr(row) for row in results)


@pytest.mark.pipeline
@pytest.mark.parametrize("kind", list(WINDOWS))
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, batch_rows=st.sampled_from([1, 3, 1000]))
def test_both_window_operators_give_the_same(kind: str, rows: Any, batch_rows: int) -> None:
    specs = (*EXACT, *FLOATS) if kind == "tumbling" else EXACT
    if kind == "session":  # with these it runs in the general operator
        specs = tuple(spec for spec in EXACT if not isinstance(spec, (First, Last, Collect)))
    expected = run(rows, WINDOWS[kind], specs, 1000, general=True)
    assert run(rows, WINDOWS[kind], specs, batch_rows, general=False) == expected


@pytest.mark.pipeline
@settings(max_examples=5)
@given(rows=ROWS)
def test_rows_by_a_field_run_wherever_the_others_do(rows: Any) -> None:
    specs = (*BY_ROW, Count())
    expected = run(rows, WINDOWS["tumbling"], specs, 1000, general=True)
    assert run(rows, WINDOWS["tumbling"], specs, 7, general=False) == expected
