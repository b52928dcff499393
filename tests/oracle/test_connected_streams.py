"""Functions of two connected streams against a model, over random interleavings."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.common import Types, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream.functions import CoFlatMapFunction, KeyedCoProcessFunction
from flinkette.datastream.state import ListStateDescriptor
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

DELAY = 5
STEPS = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 1, "tick"]), st.integers(0, 3), st.integers(0, 9)),
    max_size=40,
)


class Time(TimestampAssigner):
    """Rows are (key, time)."""

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


MONOTONOUS = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Time())


class History(KeyedCoProcessFunction):
    """Keeps what it saw of its key, tells it with every row, and forgets it when a timer fires."""

    def open(self, runtime_context: Any) -> None:
        self.seen = runtime_context.get_list_state(
            ListStateDescriptor("seen", Types.PICKLED_BYTE_ARRAY())
        )

    def process_element1(self, value: Any, ctx: Any) -> Any:
        return self.saw(0, value, ctx)

    def process_element2(self, value: Any, ctx: Any) -> Any:
        return self.saw(1, value, ctx)

    def saw(self, index: int, value: Any, ctx: Any) -> Any:
        self.seen.add((index, value[1]))
        ctx.timer_service().register_event_time_timer(value[1] + DELAY)
        yield ctx.get_current_key(), ctx.timestamp(), tuple(self.seen)

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), timestamp, ("timer", *self.seen)
        self.seen.clear()


def model(steps: list[Any]) -> list[list[Any]]:
    """What comes out at each step; of one step's timers the order at one time is free."""
    now, told = [0, 0], [-1, -1]
    seen: defaultdict[int, list[Any]] = defaultdict(list)
    timers: set[tuple[int, int]] = set()
    outputs: list[list[Any]] = []
    for step, key, ahead in [*steps, ("end", 0, 0)]:
        made: list[Any] = []
        if step in (0, 1):
            now[step] += ahead
            seen[key].append((step, now[step]))
            timers.add((now[step] + DELAY, key))
            made.append((key, now[step], tuple(seen[key])))
        else:
            told = [10**9] * 2 if step == "end" else [time - 1 for time in now]
            due = sorted(timer for timer in timers if timer[0] <= min(told))
            timers.difference_update(due)
            for time, timer_key in due:
                made.append((timer_key, time, ("timer", *seen[timer_key])))
                seen[timer_key].clear()
        outputs.append(made)
    return outputs


@given(STEPS, st.sampled_from([1, 2, 8192]))
def test_every_interleaving_gives_what_the_model_gives(steps: list[Any], batch_rows: int) -> None:
    env = environment(flinkette_batch_rows=batch_rows)
    feeds, sink = [Feed(), Feed()], MemorySink()
    first, second = (
        stream_of(env, feed).assign_timestamps_and_watermarks(MONOTONOUS) for feed in feeds
    )
    connected = first.connect(second).key_by(lambda row: row[0], lambda row: row[0])
    connected.process(History()).map(lambda row: row).sink_to(sink)
    run = Run(env)
    now = [0, 0]
    for made, (step, key, ahead) in zip(model(steps), [*steps, ("end", 0, 0)], strict=True):
        before = len(sink.rows)
        if step == "tick":
            run.advance(200)
        elif step == "end":
            for feed in feeds:
                feed.rows.append(None)
            run.finish()
        else:
            now[step] += ahead
            feeds[step].rows.append((key, now[step]))
            run.settle()
        got = sink.rows[before:]
        assert sorted(got, key=in_time) == sorted(made, key=in_time)
        if step in ("tick", "end"):
            assert [time for _, time, _ in got] == [time for _, time, _ in made]


def in_time(row: Any) -> Any:
    return row[1], row[0]


class Tagged(CoFlatMapFunction):
    """Says of each value which stream it came by, and how many came by that one before it."""

    def open(self, runtime_context: Any) -> None:
        self.seen = runtime_context.get_list_state(
            ListStateDescriptor("seen", Types.PICKLED_BYTE_ARRAY())
        )

    def flat_map1(self, value: Any) -> Any:
        self.seen.add((0, value[1]))
        yield value[0], tuple(self.seen)

    def flat_map2(self, value: Any) -> Any:
        self.seen.add((1, value[1]))
        return [(value[0], tuple(self.seen))]


@pytest.mark.pipeline
@pytest.mark.parametrize("parallelism", [1, 3])
def test_the_last_row_of_a_key_has_seen_both_streams_each_in_its_order(parallelism: int) -> None:
    sides = [
        [(place % 7, place) for place in range(500)],
        [(place % 5, place) for place in range(300)],
    ]
    env = environment(parallelism)
    first, second = (
        env.from_collection(rows, Types.TUPLE([Types.INT(), Types.INT()])) for rows in sides
    )
    keyed = first.key_by(lambda row: row[0]).connect(second.key_by(lambda row: row[0]))
    longest: dict[int, tuple[Any, ...]] = {}
    with keyed.flat_map(Tagged()).execute_and_collect() as results:
        for key, seen in results:
            before = longest.get(key, ())
            assert seen[:-1] == before, "each row adds one to what its key had seen"
            longest[key] = seen
    assert sorted(longest) == list(range(7))
    for key, seen in longest.items():
        for index, rows in enumerate(sides):
            of_side = [place for side, place in seen if side == index]
            assert of_side == [place for row_key, place in rows if row_key == key]
