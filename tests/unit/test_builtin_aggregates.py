"""Built-in aggregates as functions, and through windows."""

import math
import statistics
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.common import Row, Time, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.contracts.aggregates import combined, field_value
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError
from flinkette.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.aggregations import Avg, Count, CountIf, First, Last, Max, Min, StdDev, Sum

ALL = (Sum(), Count(), Min(), Max(), Avg(), First(), Last(), StdDev())


def result(spec, values):
    function = combined([spec], is_row=False)
    accumulator = function.create_accumulator()
    for value in values:
        accumulator = function.add(value, accumulator)
    return function.get_result(accumulator)


# Single aggregates


def test_count_if_counts_what_is_true_and_refuses_what_is_no_bool():
    assert result(CountIf(), [True, None, False, True]) == 2
    assert result(CountIf(), [None]) == result(CountIf(), []) == 0
    with pytest.raises(InvalidTypeError, match=r"CountIf\('v'\) counts .* got 1 \(int\)"):
        CountIf("v").add(0, 1)


@given(st.lists(st.integers(), min_size=1, max_size=50))
def test_aggregates_of_ints_are_exact(values):
    assert result(Sum(), values) == sum(values)
    assert result(Count(), values) == len(values)
    assert result(Min(), values) == min(values)
    assert result(Max(), values) == max(values)
    assert result(Avg(), values) == sum(values) / len(values)
    assert (result(First(), values), result(Last(), values)) == (values[0], values[-1])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_stddev_is_the_samples(values):
    assert result(StdDev(), values) == pytest.approx(statistics.stdev(values), abs=1e-6)
    of_population = result(StdDev(population=True), values)
    assert of_population == pytest.approx(statistics.pstdev(values), abs=1e-6)


@given(st.lists(st.integers(-100, 100), max_size=30), st.integers(0, 30))
def test_merging_two_parts_is_aggregating_the_whole(values, cut):
    function = combined(ALL, is_row=True)
    parts = []
    for part in (values[:cut], values[cut:]):
        accumulator = function.create_accumulator()
        for value in part:
            accumulator = function.add(value, accumulator)
        parts.append(accumulator)
    merged = function.get_result(function.merge(*parts)).as_dict()
    expected = {spec.name: result(spec, values) for spec in ALL}
    assert merged.pop("stddev") == pytest.approx(expected.pop("stddev"))
    assert merged == expected


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_none_is_skipped_but_counted_as_a_row(spec):
    assert result(spec, [None, 3, None, 5]) == (4 if spec == Count() else result(spec, [3, 5]))


@pytest.mark.parametrize("spec", [*ALL[:1], *ALL[2:]], ids=lambda spec: spec.name)
def test_without_a_value_the_result_is_none(spec):
    assert result(spec, [None]) is None


def test_count_of_a_field_counts_what_is_there():
    assert result(Count("v"), [{"v": 1}, {"v": None}]) == 1


def test_the_deviation_of_one_value_is_unknown():
    assert result(StdDev(), [3]) is None


def test_nan_is_larger_than_every_number():
    nan = math.nan
    assert result(Min(), [nan, 2.0, nan]) == 2.0
    assert math.isnan(result(Max(), [1.0, nan, 2.0]))


def test_decimals_stay_decimals():
    values = [Decimal("0.1"), Decimal("0.2")]
    assert result(Sum(), values) == Decimal("0.3")
    assert result(Avg(), values) == Decimal("0.15")


# Fields and names


@dataclass
class Point:
    v: int


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (Row(v=7), "v"),
        (Row(7), 0),
        ({"v": 7}, "v"),
        (Point(7), "v"),
        (namedtuple("Pair", "u v")(1, 7), "v"),
        ((1, 7), 1),
        ([1, 7], -1),
        (7, None),
        ({"count": 7}, "count"),
        (Row(count=7), "count"),
    ],
)
def test_a_field_is_found_in_every_kind_of_row(row, field):
    assert field_value(row, field) == 7


@pytest.mark.parametrize(
    ("row", "field"),
    [(Row(v=7), "w"), ({"v": 7}, "w"), (Point(7), "w"), ((1,), 3), (5, "v"), (5, 0)],
)
def test_a_field_that_is_not_there_is_named_with_the_row(row, field):
    with pytest.raises(InvalidPipelineError, match=f"has no field {field!r}"):
        field_value(row, field)


def test_names_come_from_aggregate_and_field():
    names = [spec.name for spec in (Sum("v"), Count(), Avg(1), Min("v", name="low"))]
    assert names == ["sum_v", "count", "avg_f1", "low"]
    assert Sum("v").alias("total") == Sum("v", "total")


def test_two_results_of_one_name_are_refused():
    with pytest.raises(InvalidPipelineError, match=r"named 'sum_v'.*alias"):
        combined([Sum("v"), Sum("v")], is_row=True)


@pytest.mark.parametrize("field", [1.5, True, ["v"]])
def test_a_field_is_a_name_or_a_position(field):
    with pytest.raises(InvalidTypeError, match=r"name \(str\) or a position"):
        Sum(field)


# Through windows


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Named(ProcessWindowFunction):
    def process(self, key, context, elements):
        for element in elements:
            yield key, context.window().start, element


@pytest.fixture
def stamped():
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    rows = env.from_collection([("a", 1), ("b", 2), ("a", 3), ("a", 12)])
    return rows.assign_timestamps_and_watermarks(strategy)


@pytest.fixture
def windows(stamped):
    by_key = stamped.key_by(lambda row: row[0])
    return by_key.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))


def collected(stream):
    with stream.execute_and_collect() as rows:
        return sorted(rows, key=str)


@pytest.mark.pipeline
def test_one_aggregate_gives_its_value(windows):
    assert collected(windows.aggregate(Sum(1))) == [12, 2, 4]


@pytest.mark.pipeline
def test_several_give_a_row_of_named_values(windows):
    rows = collected(windows.aggregate(Sum(1, name="total"), Count(), Max(1)))
    assert [row.as_dict() for row in rows] == [
        {"total": 12, "count": 1, "max_f1": 12},
        {"total": 2, "count": 1, "max_f1": 2},
        {"total": 4, "count": 2, "max_f1": 3},
    ]


@pytest.mark.pipeline
def test_five_and_more_are_fine_one_after_the_other(windows):
    rows = collected(windows.aggregate(Sum(1), Count(), Min(1), Max(1), Avg(1), First(1), Last(1)))
    assert rows[-1].as_dict()["avg_f1"] == 2.0


@pytest.mark.pipeline
def test_a_list_gives_a_row_also_for_one(windows):
    assert [row.as_dict() for row in collected(windows.aggregate([Count()]))] == [
        {"count": 1},
        {"count": 1},
        {"count": 2},
    ]


@pytest.mark.pipeline
def test_key_and_window_come_before_the_results(windows):
    rows = collected(windows.aggregate(Sum(1), with_key=True, with_window=True))
    assert tuple(rows[0].as_dict().items()) == (
        ("key", "a"),
        ("window_start", 0),
        ("window_end", 10),
        ("sum_f1", 4),
    )


@pytest.mark.pipeline
def test_a_window_function_gets_the_one_result(windows):
    assert collected(windows.aggregate([Count()], Named()))[0] == ("a", 0, Row(count=2))


@pytest.mark.pipeline
def test_all_rows_together_can_have_their_window(stamped):
    windows = stamped.window_all(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    rows = collected(windows.aggregate(Count(), with_window=True))
    assert [row.as_dict() for row in rows] == [
        {"window_start": 0, "window_end": 10, "count": 3},
        {"window_start": 10, "window_end": 20, "count": 1},
    ]


def test_the_specs_stay_readable_for_a_planner(windows):
    node = windows.aggregate(Sum("v"), Count())._edges[0].source
    assert node.operator.function.specs == (Sum("v"), Count())


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda w: w.aggregate([]), "empty list"),
        (lambda w: w.aggregate(Sum(1), Sum(1)), "alias"),
        (lambda w: w.aggregate(Sum(1), Named(), with_key=True), "no window function"),
        (lambda w: w.aggregate([Sum(1), 3]), "flinkette.ext.aggregations"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_the_users_line(windows, build, words):
    with pytest.raises((InvalidPipelineError, InvalidTypeError)) as refused:
        build(windows)
    assert words in str(refused.value)
    assert f"(at {__file__}:" in str(refused.value)


def test_all_rows_together_have_no_key(stamped):
    windows = stamped.window_all(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    with pytest.raises(InvalidPipelineError, match="no keys"):
        windows.aggregate(Count(), with_key=True)
