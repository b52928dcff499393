"""Results of built-in aggregates have a type where the rows have one: so do empty tables."""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow as pa
import pytest

from flinkette.common import Row, Time, Types, WatermarkStrategy
from flinkette.contracts.aggregate_types import type_of_field
from flinkette.contracts.errors import UserFunctionError
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import EventTimeTrigger, TumblingEventTimeWindows
from flinkette.ext.aggregations import (
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
    StdDev,
    Sum,
    TopN,
)
from flinkette.plan.slices import SlicePlan, plan_slices

TIMES = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
DAY = datetime.date(2020, 1, 1)
TABLE = pa.table(
    {
        "key": ["a", "b"],
        "time": [1, 2],
        "small": pa.array([1, 2], pa.int16()),
        "real": [0.5, 1.5],
        "flag": [True, False],
        "day": [DAY, DAY],
    }
)
EVERY = [
    Sum("small"), Sum("real"), Count(), Count("day"), CountIf("flag"), Min("day"), Max("key"),
    Avg("small"), First("flag"), Last("small"), StdDev("real"), MinBy("small"), MaxBy("real"),
    TopN("small", 2), Collect("key"), CountDistinct("key"), Median("small"),
]  # fmt: skip


def windows(table: pa.Table, size_ms: int = 10, key: Any = "key") -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    timed = env.from_arrow(table).assign_timestamps_and_watermarks(TIMES)
    assigner = TumblingEventTimeWindows.of(Time.milliseconds(size_ms))
    return timed.key_by(key).window(assigner)


def table_of(stream: Any) -> pa.Table:
    with stream.execute_and_collect() as found:
        return found.to_arrow()


@pytest.mark.pipeline
@pytest.mark.parametrize("is_general", [False, True])
@pytest.mark.parametrize("spec", EVERY, ids=lambda spec: f"{type(spec).__name__}-{spec.field}")
@pytest.mark.parametrize("is_single", [False, True])
def test_an_empty_table_has_the_columns_of_a_full_one(
    spec: Any, is_general: bool, is_single: bool
) -> None:
    made = []
    for table in (TABLE, TABLE.slice(0, 0)):
        window = windows(table)
        if is_general:
            window = window.trigger(EventTimeTrigger())
        fields = {} if is_single else {"with_key": True, "with_window": True}
        stream = window.aggregate(spec, **fields)
        assert isinstance(plan_slices(stream._node), SlicePlan) is not is_general
        made.append(table_of(stream))
    full, empty = made
    assert (full.num_rows, empty.num_rows) == (2, 0)
    if is_single and spec.may_be_none:
        # a declared type of single values has no None
        assert stream.get_type() == Types.PICKLED_BYTE_ARRAY()
        return
    assert empty.schema.names == full.schema.names
    assert empty.schema.types == full.schema.types


def test_windows_of_windows_run_over_slices_too() -> None:
    first = windows(TABLE).aggregate(Sum("small"), Count(), with_key=True, with_window=True)
    assert first.get_type().get_field_names() == [
        "key", "window_start", "window_end", "sum_small", "count",
    ]  # fmt: skip
    again = first.key_by("key").window(TumblingEventTimeWindows.of(Time.milliseconds(100)))
    total = again.aggregate(Sum("sum_small"), with_key=True)
    assert isinstance(plan_slices(total._node), SlicePlan)
    with total.execute_and_collect() as rows:
        assert list(rows) == [Row(key="a", sum_sum_small=1), Row(key="b", sum_sum_small=2)]


def test_what_is_not_known_stays_open() -> None:
    unknown = windows(TABLE, key=lambda row: row.key).aggregate(Count(), with_key=True)
    key, count = unknown.get_type().get_field_types()
    assert (key, count) == (Types.PICKLED_BYTE_ARRAY(), Types.LONG())
    assert table_of(unknown).schema.names == ["key", "count"]
    assert windows(TABLE).aggregate(Sum("key")).get_type() == Types.PICKLED_BYTE_ARRAY()
    env = StreamExecutionEnvironment.get_execution_environment()
    undeclared = env.from_collection([{"k": 1}]).key_by(lambda row: row["k"]).count_window(1)
    assert undeclared.aggregate(Count()).get_type() == Types.PICKLED_BYTE_ARRAY()
    named_twice = windows(TABLE).aggregate(Sum("small").alias("key"), with_key=True)
    assert named_twice.get_type() == Types.PICKLED_BYTE_ARRAY()


def test_a_type_of_ones_own_is_kept() -> None:
    declared = windows(TABLE).aggregate(Sum("small"), None, None, Types.DOUBLE())
    assert declared.get_type() == Types.DOUBLE()
    assert "a declared type of their own" in str(plan_slices(declared._node))
    same = windows(TABLE).aggregate(Count(), None, None, Types.LONG())
    assert isinstance(plan_slices(same._node), SlicePlan)


@pytest.mark.parametrize("is_general", [False, True])
def test_a_declared_sum_has_64_bits_whoever_adds_it_up(is_general: bool) -> None:
    table = pa.table({"key": ["a", "b", "b"], "time": [1, 2, 3], "v": [1, 2**62, 2**62]})
    window = windows(table)
    if is_general:
        window = window.trigger(EventTimeTrigger())
    with pytest.raises(UserFunctionError, match="sum: 9223372036854775808 does not") as caught:
        table_of(window.aggregate(Sum("v"), with_key=True))
    for part in ("TumblingEventTimeWindows", "TimeWindow(start=0, end=10)", "key: 'b'"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "field", "expected"),
    [
        (Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()]), "b", Types.STRING()),
        (Types.ROW_NAMED(["a"], [Types.INT()]), 0, Types.INT()),
        (Types.ROW_NAMED(["a"], [Types.INT()]), "c", None),
        (Types.TUPLE([Types.INT(), Types.LONG()]), 1, Types.LONG()),
        (Types.TUPLE([Types.INT()]), "f0", None),
        (Types.TUPLE([Types.INT()]), 3, None),
        (Types.LONG(), None, Types.LONG()),
        (Types.LONG(), "a", None),
        (None, "a", None),
    ],
)
def test_fields_of_types(rows: Any, field: Any, expected: Any) -> None:
    assert type_of_field(rows, field) == expected
