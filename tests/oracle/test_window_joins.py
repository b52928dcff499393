"""Joins and co-groups in windows against brute force, over random jobs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette.common import Time, Types, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream.functions import ProcessFunction
from flinkette.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.joins import CoGroupFunction, FlatJoinFunction, JoinFunction
from oracle.oracle import time_windows
from oracle.two_inputs import TwoInputJob, results_of, two_input_jobs, watermarks
from unit.runtime.jobs import environment

SIZE, SLIDE, OFFSET = 12, 5, 2
LATENESS = st.sampled_from([0, 15])
KINDS = st.sampled_from(["tumbling", "sliding", "session", "dynamic session"])


def gap(value: int) -> int:
    return 3 + value % 5


class Gap(SessionWindowTimeGapExtractor):
    def extract(self, element: Any) -> int:
        return gap(element[2])


class Pair(JoinFunction):
    def join(self, first: Any, second: Any) -> Any:
        return first[0], first[2], second[2]


class EvenPairsTwice(FlatJoinFunction):
    def join(self, first: Any, second: Any) -> Any:
        if (first[2] + second[2]) % 2 == 0:
            yield first[0], first[2], second[2]
            yield first[0], first[2], second[2]


class Group(CoGroupFunction):
    def co_group(self, first: Any, second: Any) -> Any:
        key = [*first, *second][0][0]
        yield key, tuple(row[2] for row in first), tuple(row[2] for row in second)


class Second(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


class Stamped(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value, ctx.timestamp()


def assigner(kind: str) -> Any:
    time = Time.milliseconds
    return {
        "tumbling": lambda: TumblingEventTimeWindows.of(time(SIZE), time(OFFSET)),
        "sliding": lambda: SlidingEventTimeWindows.of(time(SIZE), time(SLIDE), time(OFFSET)),
        "session": lambda: EventTimeSessionWindows.with_gap(time(SIZE)),
        "dynamic session": lambda: EventTimeSessionWindows.with_dynamic_gap(Gap()),
    }[kind]()


def windows_of(job: TwoInputJob, kind: str, lateness: int) -> list[Any]:
    """Return (key, last ms, values of one side, of the other) of each firing of a window."""
    rows = [(key, ts, (side, value)) for side, key, ts, value in job.rows]
    width: Any = {"session": lambda _: SIZE, "dynamic session": lambda value: gap(value[1])}
    slide = {"tumbling": SIZE, "sliding": SLIDE}.get(kind)
    fired, _ = time_windows(
        rows, watermarks(job), width.get(kind, SIZE), slide, OFFSET if slide else 0, lateness
    )
    return [
        (key, end - 1, *([value for at, value in values if at == side] for side in (0, 1)))
        for key, _, end, values in fired
    ]


def by_key(rows: list[Any]) -> dict[str, list[Any]]:
    """Order results of different keys alike; those of one key keep their order."""
    keys: dict[str, list[Any]] = {}
    for (key, *rest), time in rows:
        keys.setdefault(repr(key), []).append((time, *rest))
    return keys


def joined(streams: Any, how: str, kind: str, lateness: int, function: Any) -> Any:
    first, second = streams
    paired = getattr(first, how)(second).where(lambda row: row[0]).equal_to(lambda row: row[0])
    windows = paired.window(assigner(kind))
    if lateness:
        windows = windows.allowed_lateness(lateness)
    return windows.apply(function).process(Stamped())


@settings(max_examples=75)
@given(two_input_jobs(), KINDS, LATENESS, st.sampled_from(["class", "callable", "flat"]))
def test_pairs_are_those_that_share_key_and_window(
    job: TwoInputJob, kind: str, lateness: int, function: str
) -> None:
    functions = {"class": Pair(), "callable": Pair().join, "flat": EvenPairsTwice()}
    expected = [
        ((key, left, right), time)
        for key, time, lefts, rights in windows_of(job, kind, lateness)
        for left in lefts
        for right in rights
        for _ in range((2 if (left + right) % 2 == 0 else 0) if function == "flat" else 1)
    ]
    got = results_of(job, lambda *s: joined(s, "join", kind, lateness, functions[function]))
    if "session" in kind:
        # where sessions merge, rows go by sessions, not by arrival
        assert sorted(map(repr, got)) == sorted(map(repr, expected))
    else:
        assert by_key(got) == by_key(expected)


@settings(max_examples=75)
@given(two_input_jobs(), KINDS, LATENESS)
def test_groups_are_all_rows_of_a_key_in_a_window(
    job: TwoInputJob, kind: str, lateness: int
) -> None:
    order: Any = sorted if "session" in kind else list
    expected = [
        ((key, tuple(order(lefts)), tuple(order(rights))), time)
        for key, time, lefts, rights in windows_of(job, kind, lateness)
    ]
    got = [
        ((key, tuple(order(lefts)), tuple(order(rights))), time)
        for (key, lefts, rights), time in results_of(
            job, lambda *s: joined(s, "co_group", kind, lateness, Group())
        )
    ]
    assert by_key(got) == by_key(expected)


@settings(max_examples=75)
@given(two_input_jobs(), st.booleans())
def test_a_trigger_counts_the_rows_of_both_sides(job: TwoInputJob, is_purging: bool) -> None:
    expected, seen = [], {}
    for side, key, _, value in job.rows:
        count, sides = seen.setdefault(repr(key), [0, ([], [])])
        sides[side].append(value)
        seen[repr(key)][0] = count = (count + 1) % 3
        if count == 0:
            expected.append(((key, tuple(sides[0]), tuple(sides[1])), None))
            if is_purging:
                seen[repr(key)][1] = ([], [])

    def build(first: Any, second: Any) -> Any:
        trigger: Any = PurgingTrigger.of(CountTrigger.of(3)) if is_purging else CountTrigger.of(3)
        paired = first.co_group(second).where(lambda row: row[0]).equal_to(lambda row: row[0])
        windows = paired.window(GlobalWindows.create()).trigger(trigger)
        return windows.apply(Group().co_group)

    got = [(result, None) for result in results_of(job, build)]
    assert by_key(got) == by_key(expected)


def test_random_jobs_have_pairs_late_rows_and_groups_of_one_side() -> None:
    # else the comparison would say nothing about them
    seen = {"pairs": 0, "one side": 0, "late": 0}

    @settings(database=None, derandomize=True, max_examples=50)
    @given(two_input_jobs())
    def look(job: TwoInputJob) -> None:
        groups = windows_of(job, "tumbling", 0)
        seen["pairs"] += any(lefts and rights for *_, lefts, rights in groups)
        seen["one side"] += any(not (lefts and rights) for *_, lefts, rights in groups)
        seen["late"] += sum(len(a) + len(b) for *_, a, b in groups) < len(job.rows)

    look()
    assert min(seen.values()) >= 5, seen


@pytest.mark.pipeline
@pytest.mark.parametrize("row_type", [None, Types.TUPLE([Types.INT(), Types.LONG()])])
def test_a_join_is_the_same_on_every_worker(row_type: Any) -> None:
    sides = [
        [(place % 7, place) for place in range(400)],
        [(place % 5, 2 * place) for place in range(200)],
    ]
    env = environment(2)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second())
    first, second = (
        env.from_collection(rows, row_type).assign_timestamps_and_watermarks(strategy)
        for rows in sides
    )
    paired = first.join(second).where(lambda row: row[0]).equal_to(lambda row: row[0])
    windows = paired.window(TumblingEventTimeWindows.of(Time.milliseconds(50)))
    with windows.apply(lambda left, right: (left, right)).execute_and_collect() as results:
        got = sorted(results)
    assert got == sorted(
        (left, right)
        for left in sides[0]
        for right in sides[1]
        if left[0] == right[0] and left[1] // 50 == right[1] // 50
    )
