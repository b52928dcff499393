"""The edges of an interval join: the watermark, rows that go, functions that fail."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Row, Time, Types, WatermarkStrategy
from flinkette.contracts.errors import (
    MissingTimestampError,
    RowConversionError,
    UserFunctionError,
)
from flinkette.contracts.state import ValueStateDescriptor
from flinkette.datastream import OutputTag
from flinkette.ext import on_row_error
from flinkette.ext.joins import JoinedFields, ProcessJoinFunction
from flinkette.runtime.operators.interval_join import IntervalJoinOperator
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

BAD = OutputTag("bad")


class Both(ProcessJoinFunction):
    def process_element(self, left: Any, right: Any, ctx: Any) -> Any:
        return [(left["ts"], right["ts"])]


class Ratio(ProcessJoinFunction):
    """Yields a row, then one that may fail."""

    def process_element(self, left: Any, right: Any, ctx: Any) -> Any:
        yield left["ts"], right["ts"]
        yield left["ts"] / right["ts"]


class Counting(ProcessJoinFunction):
    """Counts the pairs of a key in its state."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

    def process_element(self, left: Any, right: Any, ctx: Any) -> Any:
        self.count.update((self.count.value() or 0) + 1)
        yield left["key"], self.count.value()


class Joined:
    """A join of two feeds of rows (key, ts), and what came out of it."""

    def __init__(self, lower: int, upper: int, func: Any, *, policy: str = "fail") -> None:
        env = environment(flinkette_batch_rows=64, pipeline_auto__watermark__interval="1 ms")
        self.feeds, self.sink, self.bad = [Feed(), Feed()], MemorySink(), MemorySink()
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("ts")
        left, right = (
            stream_of(env, feed, strategy).key_by(lambda row: row["key"]) for feed in self.feeds
        )
        join = left.interval_join(right)
        stream = join.between(Time.milliseconds(lower), Time.milliseconds(upper)).process(func)
        if policy != "fail":
            stream = on_row_error(stream, policy, BAD if policy == "side-output" else None)
            stream.get_side_output(BAD).sink_to(self.bad)
        stream.sink_to(self.sink)
        self.run = Run(env)

    def put(self, side: int, *times: int, key: Any = "k") -> None:
        for ts in times:
            self.feeds[side].rows.append(Row(key=key, ts=ts))
        self.run.settle()

    @property
    def operator(self) -> IntervalJoinOperator:
        for subtask in self.run.job.worker.subtasks:
            for operator in subtask.operators:
                if isinstance(operator, IntervalJoinOperator):
                    return operator
        raise AssertionError

    @property
    def native(self) -> Any:
        """The native side of the only join."""
        return self.operator._native

    def end(self) -> list[Any]:
        for feed in self.feeds:
            feed.rows.append(None)
        self.run.finish()
        return self.sink.rows


def test_rows_go_when_the_watermark_says_that_they_can_meet_nobody() -> None:
    joined = Joined(-100, 300, Both())
    joined.put(0, 1000)
    joined.put(1, 1000)
    assert (joined.native.live_rows, joined.native.live_keys) == (2, 1)
    # the left row stays for 300 ms, the right one for 100
    joined.put(0, 1200, key="other")
    joined.put(1, 1200, key="other")
    assert (joined.native.live_rows, joined.native.live_keys) == (3, 2)
    joined.put(0, 1400, key="third")
    joined.put(1, 1400, key="third")
    assert joined.native.live_keys == 2
    assert joined.end() == [(1000, 1000), (1200, 1200), (1400, 1400)]
    assert (joined.native.live_rows, joined.native.stored_rows) == (0, 0)


def test_a_far_row_does_not_keep_the_batches_of_others() -> None:
    joined = Joined(0, 0, Both())
    far = 10**12
    for turn in range(40):
        for ts in (far, *range(turn * 1000, turn * 1000 + 60)):
            joined.feeds[0].rows.append(Row(key=ts, ts=ts))
        for ts in range(turn * 1000, turn * 1000 + 60):
            joined.feeds[1].rows.append(Row(key=ts, ts=ts))
        joined.run.settle()
    assert 40 <= joined.native.live_rows < 50
    assert joined.native.stored_rows < 500


def test_rows_at_the_watermark_are_in_time_but_others_may_be_gone() -> None:
    joined = Joined(0, 10, Both())
    joined.put(0, 0, 11)
    joined.put(1, 0, 11)
    # both say 10: the left row of time 0 went then; one of time 10 is not late
    joined.put(1, 10)
    joined.put(0, 10)
    assert joined.end() == [(0, 0), (11, 11), (10, 10), (10, 11)]


def test_one_row_meets_thousands_in_order_of_time() -> None:
    joined = Joined(-10_000, 10_000, Both())
    joined.put(0, *range(3000))
    joined.put(1, 2999)
    assert joined.end() == [(ts, 2999) for ts in range(3000)]


def test_a_pair_that_fails_is_named_with_its_key_and_time() -> None:
    joined = Joined(-10, 10, Ratio())
    joined.put(0, 5)
    joined.feeds[1].rows.append(Row(key="k", ts=0))
    with pytest.raises(UserFunctionError) as failed:
        joined.end()
    text = str(failed.value)
    assert "operator 'Interval Join'" in text
    assert "ZeroDivisionError" in text
    assert "; row: (Row(key='k', ts=5), Row(key='k', ts=0)); key: 'k'; event time: 5 ms" in text


@pytest.mark.parametrize("policy", ["skip", "side-output"])
def test_pairs_that_fail_are_left_out_or_sent_aside_one_by_one(policy: str) -> None:
    joined = Joined(-10, 10, Ratio(), policy=policy)
    joined.put(0, 4)
    joined.put(1, 0, 2)
    assert joined.end() == [(4, 0), (4, 2), 2.0]
    pairs = [each.value for each in joined.bad.rows]
    assert pairs == ([(Row(key="k", ts=4), Row(key="k", ts=0))] if policy == "side-output" else [])


def test_functions_have_state_of_the_key() -> None:
    joined = Joined(-10, 10, Counting())
    joined.put(0, 1, 2, key="a")
    joined.put(0, 1, key="b")
    joined.put(1, 1, key="b")
    joined.put(1, 1, key="a")
    counts = joined.operator.keys.context.find("count")
    assert len(counts.ids()) == 2
    assert joined.end() == [("b", 1), ("a", 1), ("a", 2)]


def test_a_result_that_does_not_fit_its_type_is_named() -> None:
    env = environment()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("ts")
    rows = env.from_collection([Row(key=1, ts=1)]).assign_timestamps_and_watermarks(strategy)
    keyed = rows.key_by(lambda row: row["key"])
    join = keyed.interval_join(keyed).between(Time.seconds(0), Time.seconds(0))
    stream = join.process(Both(), Types.LONG())
    with (
        pytest.raises(RowConversionError, match=r"a row does not fit"),
        stream.execute_and_collect() as results,
    ):
        list(results)


@pytest.mark.parametrize("func", [Both(), JoinedFields(["key"], ["ts"])])
def test_a_row_without_a_time_is_named_with_its_input(func: ProcessJoinFunction) -> None:
    env = environment()
    declared = Types.ROW_NAMED(["key", "ts"], [Types.LONG(), Types.LONG()])
    rows = env.from_collection([Row(key=1, ts=1)], declared)
    keyed = rows.key_by(lambda row: row["key"])
    stream = keyed.interval_join(keyed).between(Time.seconds(0), Time.seconds(0)).process(func)
    with (
        pytest.raises(MissingTimestampError) as failed,
        stream.execute_and_collect() as results,
    ):
        list(results)
    assert "input: an interval join got a row without a timestamp: Row(key=1, ts=1)" in str(
        failed.value
    )
    assert "windows" not in str(failed.value)
