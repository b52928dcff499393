"""Interval joins against brute force, over random jobs."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette.common import Duration, Row, Time, Types, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream import OutputTag, ProcessFunction
from flinkette.ext.joins import JoinedFields, ProcessJoinFunction
from flinkette.plan.joined_columns import JoinedColumns, plan_joined_columns
from oracle.oracle import MIN
from oracle.two_inputs import KEYS, TwoInputJob, results_of, two_input_jobs, watermarks
from unit.runtime.jobs import environment

LEFT_LATE, RIGHT_LATE, ODD = OutputTag("left late"), OutputTag("right late"), OutputTag("odd")


class Bounds(NamedTuple):
    lower: int
    upper: int
    is_lower_exclusive: bool
    is_upper_exclusive: bool

    def hold(self, apart: int) -> bool:
        return self.lower + self.is_lower_exclusive <= apart <= self.upper - self.is_upper_exclusive


BOUNDS = st.builds(
    lambda lower, width, *exclusive: Bounds(lower, lower + width, *exclusive),
    st.integers(-15, 10),
    st.integers(2, 15),
    st.booleans(),
    st.booleans(),
)


class Both(ProcessJoinFunction):
    def process_element(self, left: Any, right: Any, ctx: Any) -> Any:
        times = ctx.get_left_timestamp(), ctx.get_right_timestamp(), ctx.get_timestamp()
        assert times[:2] == (left[1], right[1])
        yield left[0], left[2], right[2], times[2]
        if (left[2] + right[2]) % 2:
            yield ODD, (left[0], left[2], right[2], times[2])


class Stamped(ProcessFunction):
    def __init__(self, name: str) -> None:
        self.name = name

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield self.name, tuple(value), ctx.timestamp()


def expected(job: TwoInputJob, bounds: Bounds) -> tuple[list[Any], list[Any]]:
    """Return pairs as Both yields them, and late rows, in the order they come; as Flink has it."""
    pairs, late, kept, now = [], [], [], MIN
    lower = bounds.lower + bounds.is_lower_exclusive
    upper = bounds.upper - bounds.is_upper_exclusive
    for row, watermark in zip(job.rows, watermarks(job), strict=True):
        side, key, ts, value = row
        if ts < now:
            late.append((side, (key, ts, value)))
        else:
            met = [
                other
                for other in kept
                if other[0] != side
                and repr(other[1]) == repr(key)
                and bounds.hold(other[2] - ts if side == 0 else ts - other[2])
            ]
            for other in sorted(met, key=lambda each: each[2]):
                left, right = (row, other) if side == 0 else (other, row)
                pairs.append((left[1], left[3], right[3], max(left[2], right[2])))
            kept.append(row)
        if watermark > now:
            now = watermark
            reach = (max(upper, 0), max(-lower, 0))
            kept = [each for each in kept if each[2] + reach[each[0]] > now]
    return pairs, late


def joined(
    first: Any, second: Any, bounds: Bounds, *, has_tags: bool = True, func: Any = None
) -> Any:
    left, right = (stream.key_by(lambda row: row[0]) for stream in (first, second))
    milliseconds = Time.milliseconds
    join = left.interval_join(right).between(milliseconds(bounds.lower), milliseconds(bounds.upper))
    if bounds.is_lower_exclusive:
        join = join.lower_bound_exclusive()
    if bounds.is_upper_exclusive:
        join = join.upper_bound_exclusive()
    if has_tags:
        join = join.side_output_left_late_data(LEFT_LATE).side_output_right_late_data(RIGHT_LATE)
    return join.process(Both() if func is None else func)


@settings(max_examples=100)
@given(two_input_jobs(), BOUNDS)
def test_pairs_are_those_of_a_key_that_are_near_in_time(job: TwoInputJob, bounds: Bounds) -> None:
    def build(first: Any, second: Any) -> Any:
        stream = joined(first, second, bounds)
        outputs = [stream, *(stream.get_side_output(tag) for tag in (ODD, LEFT_LATE, RIGHT_LATE))]
        named = [
            output.process(Stamped(name))
            for output, name in zip(outputs, ["pair", "odd", "0", "1"], strict=True)
        ]
        return named[0].union(*named[1:])

    pairs, late = expected(job, bounds)
    wanted = [("pair", pair, pair[-1]) for pair in pairs]
    wanted += [("odd", pair, pair[-1]) for pair in pairs if (pair[1] + pair[2]) % 2]
    wanted += [(str(side), row, row[1]) for side, row in late]
    assert by_output_and_key(results_of(job, build)) == by_output_and_key(wanted)


NUMBERED = {repr(key): number for number, key in enumerate(KEYS)}
TYPES = [Types.INT(), Types.LONG(), Types.LONG()]
ROWS = Types.ROW_NAMED(["key", "ts", "value"], TYPES)


@settings(max_examples=50)
@given(two_input_jobs(), BOUNDS, st.sampled_from([None, ["value"], ["ts", "key"]]))
def test_fields_of_declared_rows_are_joined_as_columns_with_the_same_results(
    job: TwoInputJob, bounds: Bounds, fields: list[str] | None
) -> None:
    def shape(row: Any) -> Any:
        number = NUMBERED[repr(row["key"])]
        return Row(key=number, ts=row["ts"], value=row["value"])

    def build(first: Any, second: Any) -> Any:
        renamed = second.map(as_other, OTHERS).set_parallelism(1)
        stream = joined(first, renamed, bounds, func=JoinedFields(["key", "value"], wanted))
        late = (stream.get_side_output(tag).map(tuple) for tag in (LEFT_LATE, RIGHT_LATE))
        plan = plan_joined_columns(stream._node)
        assert isinstance(plan, JoinedColumns), plan
        named = zip([stream, *late], ["pair", "0", "1"], strict=True)
        outputs = [each.process(Stamped(name)) for each, name in named]
        return outputs[0].union(*outputs[1:])

    wanted = None if fields is None else [f"other_{name}" for name in fields]
    pairs, late = expected(job, bounds)
    row_of = {value: (NUMBERED[repr(key)], ts, value) for _, key, ts, value in job.rows}
    names = ["key", "ts", "value"]
    positions = [names.index(name) for name in fields or names]
    results = [
        ("pair", (*row_of[left][::2], *(row_of[right][at] for at in positions)), time)
        for _, left, right, time in pairs
    ]
    results += [(str(side), row_of[row[2]], row[1]) for side, row in late]
    got = results_of(job, build, shape, ROWS)
    assert by_output_and_key(got) == by_output_and_key(results)


OTHERS = Types.ROW_NAMED(["other_key", "other_ts", "other_value"], TYPES)


def as_other(row: Any) -> Any:
    return Row(other_key=row["key"], other_ts=row["ts"], other_value=row["value"])


def by_output_and_key(results: list[Any]) -> dict[Any, list[Any]]:
    """Results of different keys come in any order, those of one output and key in theirs."""
    groups: dict[Any, list[Any]] = {}
    for name, row, time in results:
        groups.setdefault((name, repr(row[0])), []).append((row[1:], time))
    return groups


def test_random_jobs_have_pairs_and_late_rows() -> None:
    # else the comparison would say nothing about them
    seen = {"pairs": 0, "late": 0}

    @settings(database=None, derandomize=True, max_examples=100)
    @given(two_input_jobs(), BOUNDS)
    def look(job: TwoInputJob, bounds: Bounds) -> None:
        pairs, late = expected(job, bounds)
        seen["pairs"] += len(pairs) > 2
        seen["late"] += bool(late)

    look()
    assert min(seen.values()) >= 5, seen


class Second(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


@pytest.mark.pipeline
@pytest.mark.parametrize("parallelism", [2, 1])
def test_an_interval_join_is_the_same_on_every_worker(parallelism: int) -> None:
    sides = [
        [(place % 7, 3 * place, place) for place in range(400)],
        [(place % 5, 5 * place, place) for place in range(240)],
    ]
    env = environment(parallelism)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_days(1))
    streams = [
        env.from_collection(rows).assign_timestamps_and_watermarks(
            strategy.with_timestamp_assigner(Second())
        )
        for rows in sides
    ]
    bounds = Bounds(-30, 45, is_lower_exclusive=True, is_upper_exclusive=False)
    with joined(*streams, bounds, has_tags=False).execute_and_collect() as results:
        got = sorted(results)
    assert got == sorted(
        (left[0], left[2], right[2], max(left[1], right[1]))
        for left in sides[0]
        for right in sides[1]
        if left[0] == right[0] and bounds.hold(right[1] - left[1])
    )


@pytest.mark.pipeline
@pytest.mark.parametrize("parallelism", [2, 1])
def test_columns_that_come_from_other_workers_are_kept(parallelism: int) -> None:
    sides = [[(place % 97, place, place) for place in range(count)] for count in (5000, 3000)]
    env = environment(parallelism)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_days(1))
    streams = [
        env.from_collection(rows, Types.TUPLE(TYPES)).assign_timestamps_and_watermarks(
            strategy.with_timestamp_assigner(Second())
        )
        for rows in sides
    ]
    bounds = Bounds(-200, 200, is_lower_exclusive=False, is_upper_exclusive=False)
    stream = joined(*streams, bounds, has_tags=False, func=JoinedFields([0, 2], [2]))
    with stream.execute_and_collect() as results:
        got = sorted(results)
    assert got == sorted(
        (left[0], left[2], right[2])
        for left in sides[0]
        for right in sides[1][left[1] % 97 :: 97]
        if bounds.hold(right[1] - left[1])
    )
