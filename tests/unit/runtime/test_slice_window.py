"""Windows over slices: what comes out, errors, keys and columns of any kind."""

from __future__ import annotations

import gc
from typing import Any

import pyarrow as pa
import pytest

from flinkette._native.debug import live
from flinkette.common import Row, Time, Types, WatermarkStrategy
from flinkette.contracts.errors import MissingTimestampError, UserFunctionError
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.aggregations import Collect, Count, First, Max, Min, MinBy, Sum
from flinkette.ext.windows import CumulativeEventTimeWindows
from flinkette.plan.slices import SlicePlan, plan_slices

TEN = TumblingEventTimeWindows.of(Time.milliseconds(10))


def stamped(rows: list[Row], types: dict[str, Any]) -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    stream = env.from_collection(rows, type_info=Types.ROW_NAMED(list(types), list(types.values())))
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("ts")
    return stream.assign_timestamps_and_watermarks(strategy)


def collect(stream: Any) -> list[Any]:
    assert isinstance(plan_slices(stream._node), SlicePlan), plan_slices(stream._node)
    with stream.execute_and_collect() as rows:
        return list(rows)


def rows_of(*values: tuple[Any, int, Any]) -> list[Row]:
    return [Row(k=key, ts=ts, v=value) for key, ts, value in values]


LONGS = {"k": Types.LONG(), "ts": Types.LONG(), "v": Types.LONG()}


@pytest.mark.pipeline
def test_results_are_rows_with_key_and_bounds_in_time_order() -> None:
    rows = rows_of((2, 1, 10), (1, 3, 20), (2, 5, 30), (1, 15, 40))
    windows = stamped(rows, LONGS).key_by("k").window(TEN)
    results = collect(windows.aggregate([Sum("v"), Count()], with_key=True, with_window=True))
    assert results == [
        Row(key=2, window_start=0, window_end=10, sum_v=40, count=2),
        Row(key=1, window_start=0, window_end=10, sum_v=20, count=1),
        Row(key=1, window_start=10, window_end=20, sum_v=40, count=1),
    ]


@pytest.mark.pipeline
def test_results_carry_the_last_millisecond_of_their_window() -> None:
    windows = stamped(rows_of((1, 3, 1), (1, 17, 1)), LONGS).key_by("k").window(TEN)
    totals = windows.aggregate(Sum("v")).window_all(TumblingEventTimeWindows.of(Time.seconds(1)))
    assert collect(windows.aggregate(Sum("v"))) == [1, 1]
    with totals.reduce(lambda a, b: a + b).execute_and_collect() as rows:
        assert list(rows) == [2]


@pytest.mark.pipeline
def test_keys_that_fit_no_column_are_given_back_as_they_came() -> None:
    keys = [("a", 1), None, 3, "b", ("a", 1)]
    rows = rows_of(*((at, at, at) for at in range(5)))
    windows = stamped(rows, LONGS).key_by(lambda row: keys[row["k"]]).window(TEN)
    results = collect(windows.aggregate(Sum("v"), with_key=True))
    assert [(row["key"], row["sum_v"]) for row in results] == [
        (("a", 1), 4),
        (None, 1),
        (3, 2),
        ("b", 3),
    ]


@pytest.mark.pipeline
def test_aggregates_of_texts_lists_and_rows() -> None:
    types = {**LONGS, "v": Types.STRING()}
    rows = rows_of((1, 1, "b"), (1, 2, None), (1, 3, "a"), (1, 4, "c"))
    windows = stamped(rows, types).key_by("k").window(TEN)
    results = collect(windows.aggregate([First("v"), Max("v"), Collect("v"), MinBy("v", name="m")]))
    assert results == [
        Row(first_v="b", max_v="c", collect_v=["b", "a", "c"], m=Row(k=1, ts=3, v="a"))
    ]


@pytest.mark.pipeline
def test_cumulative_windows_grow_from_one_start() -> None:
    assigner = CumulativeEventTimeWindows.of(Time.milliseconds(30), Time.milliseconds(10))
    rows = rows_of((1, 5, 1), (1, 25, 10), (1, 31, 100))
    windows = stamped(rows, LONGS).key_by("k").window(assigner)
    results = collect(windows.aggregate(Sum("v"), with_window=True))
    assert [(row["window_start"], row["window_end"], row["sum_v"]) for row in results] == [
        (0, 10, 1),
        (0, 20, 1),
        (0, 30, 11),
        (30, 40, 100),
        (30, 50, 100),
        (30, 60, 100),
    ]


@pytest.mark.pipeline
def test_late_rows_keep_their_own_form_and_time() -> None:
    tag = OutputTag("late")
    rows = rows_of((1, 5, 1), (1, 500, 2), (1, 6, 3), (1, 900, 4), (1, 505, 5))
    windows = stamped(rows, LONGS).key_by("k").window(TEN).side_output_late_data(tag)
    results = windows.aggregate(Sum("v"))
    with results.get_side_output(tag).execute_and_collect() as late:
        assert list(late) == [Row(k=1, ts=6, v=3), Row(k=1, ts=505, v=5)]


@pytest.mark.pipeline
def test_a_row_without_event_time_ends_the_job_and_is_named() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    stream = env.from_collection(
        rows_of((1, 7, 8)), type_info=Types.ROW_NAMED(list(LONGS), list(LONGS.values()))
    )
    results = stream.key_by("k").window(TEN).aggregate(Sum("v"))
    with pytest.raises(MissingTimestampError, match=r"ts=7"):
        collect(results)


@pytest.mark.pipeline
def test_a_sum_beyond_64_bits_ends_the_job_and_is_named() -> None:
    windows = stamped(rows_of((1, 1, 2**62), (1, 2, 2**62)), LONGS).key_by("k").window(TEN)
    with pytest.raises(UserFunctionError, match=r"OverflowError: .*9223372036854775808"):
        collect(windows.aggregate(Sum("v")))


@pytest.mark.pipeline
def test_nothing_native_is_left_when_a_job_has_ended() -> None:
    gc.collect()
    before = live()
    test_aggregates_of_texts_lists_and_rows()
    gc.collect()
    assert live() == before


@pytest.mark.pipeline
def test_a_field_without_arrow_form_does_not_matter_if_no_aggregate_reads_it() -> None:
    types = {"k": Types.LONG(), "ts": Types.LONG(), "v": Types.PICKLED_BYTE_ARRAY()}
    windows = stamped(rows_of((1, 1, {3}), (1, 2, None)), types).key_by("k").window(TEN)
    assert collect(windows.aggregate([Sum("ts"), Count()])) == [Row(sum_ts=3, count=2)]
    least = windows.aggregate(MinBy("ts"))
    assert isinstance(plan_slices(least._node), str)
    with least.execute_and_collect() as rows:
        assert list(rows) == [Row(k=1, ts=1, v={3})]


@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, None, 65_535], pa.uint16()), (65_536, 1, 65_535)),
        (pa.array([1, 2**32 - 1], pa.uint32()), (2**32, 1, 2**32 - 1)),
        (pa.array([0.5, 1.5], pa.float16()), (2.0, 0.5, 1.5)),
        (pa.array(["b", "a", None]).dictionary_encode(), (None, "a", "b")),
        (pa.array(["b", "a"], pa.large_utf8()), (None, "a", "b")),
    ],
    ids=str,
)
def test_columns_of_another_width_or_layout_are_cast(values: Any, expected: Any) -> None:
    table = pa.table({"k": [1] * len(values), "ts": range(len(values)), "v": values})
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("ts")
    keyed = env.from_arrow(table).assign_timestamps_and_watermarks(strategy).key_by("k")
    total, least, most = expected
    specs = [Min("v").alias("least"), Max("v").alias("most")]
    if total is not None:
        specs.append(Sum("v").alias("total"))
    (row,) = collect(keyed.window(TEN).aggregate(specs))
    assert (row.least, row.most) == (least, most)
    assert total is None or row.total == total
