"""Time to live of keyed state in jobs, under a clock that the test moves."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Time, Types
from flinkette.contracts.errors import InvalidPipelineError
from flinkette.datastream.functions import (
    AggregateFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessWindowFunction,
)
from flinkette.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from flinkette.datastream.window import CountTumblingWindowAssigner
from flinkette.ext import on_row_error
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

# those of the functions that were opened: jobs work on copies of what a test has
KEY_MAPS: list[Any] = []

pytestmark = pytest.mark.usefixtures("no_leaks")


def living(descriptor: Any, ms: int = 100, **how: Any) -> Any:
    builder = StateTtlConfig.new_builder(Time.milliseconds(ms))
    for name, arguments in how.items():
        getattr(builder, name)(*arguments)
    descriptor.enable_time_to_live(builder.build())
    return descriptor


def run_of(make: Any, **options: Any) -> tuple[Run, Feed, list[Any]]:
    feed, sink, env = Feed(), MemorySink(), environment(**options)
    make(stream_of(env, feed)).sink_to(sink)
    return Run(env), feed, sink.rows


class Total(AggregateFunction):
    """Adds up."""

    def create_accumulator(self) -> int:
        return 0

    def add(self, value: int, accumulator: int) -> int:
        return accumulator + value

    def get_result(self, accumulator: int) -> str:
        return f"total {accumulator}"

    def merge(self, a: int, b: int) -> int:
        return a + b


class EveryKind(KeyedProcessFunction):
    """Emits what each state holds, then puts the row into all."""

    def open(self, runtime_context: Any) -> None:
        self.value = runtime_context.get_state(living(ValueStateDescriptor("v", Types.LONG())))
        self.list = runtime_context.get_list_state(living(ListStateDescriptor("l", Types.LONG())))
        self.map = runtime_context.get_map_state(
            living(MapStateDescriptor("m", Types.LONG(), Types.LONG()))
        )
        self.sum = runtime_context.get_reducing_state(
            living(ReducingStateDescriptor("r", lambda a, b: a + b, Types.LONG()))
        )
        self.total = runtime_context.get_aggregating_state(
            living(AggregatingStateDescriptor("a", Total(), Types.LONG()))
        )
        self.kept = runtime_context.get_list_state(ListStateDescriptor("k", Types.LONG()))

    def process_element(self, value: int, ctx: Any) -> Any:
        yield (
            self.value.value(),
            self.list.get(),
            list(self.map.items()),
            self.sum.get(),
            self.total.get(),
            self.kept.get(),
        )
        self.value.update(value)
        self.map[value] = value
        for state in (self.list, self.sum, self.total, self.kept):
            state.add(value)


@pytest.mark.parametrize("batch_rows", [1, 8192])
def test_values_elements_and_entries_expire_by_the_clock(batch_rows: int) -> None:
    run, feed, rows = run_of(
        lambda stream: stream.key_by(lambda row: 0).process(EveryKind()),
        flinkette_batch_rows=batch_rows,
    )
    # ms      0    60        100       159  160
    #         1    2         read, 3        read: 2 has expired too
    feed.rows += [1]
    run.settle()
    run.advance(60)
    feed.rows += [2]
    run.settle()
    run.advance(40)
    feed.rows += [3]
    run.settle()
    run.advance(60)
    feed.rows += [4]
    run.settle()
    feed.rows += [None]
    run.finish()
    assert rows == [
        (None, [], [], None, None, []),
        (1, [1], [(1, 1)], 1, "total 1", [1]),
        (2, [2], [(2, 2)], 3, "total 3", [1, 2]),
        (3, [3], [(3, 3)], 6, "total 6", [1, 2, 3]),
    ]


class CountInValue(MapFunction):
    """Counts the rows of its key since the last pause; fails at rows that say so."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(living(ValueStateDescriptor("c", Types.LONG())))

    def map(self, value: str) -> tuple[str, int]:
        self.count.update((self.count.value() or 0) + 1)
        if value == "bad":
            raise ValueError(value)
        return value, self.count.value()


def test_a_skipped_row_does_not_prolong_a_life() -> None:
    run, feed, rows = run_of(
        lambda stream: on_row_error(stream.key_by(lambda row: 0).map(CountInValue()), "skip")
    )
    for waits_ms, row in [(0, "a"), (60, "bad"), (39, "b"), (100, "c"), (50, "bad"), (50, "d")]:
        run.advance(waits_ms)
        feed.rows.append(row)
        run.settle()
    feed.rows.append(None)
    run.finish()
    assert rows == [("a", 1), ("b", 2), ("c", 1), ("d", 1)]


class LastWindow(ProcessWindowFunction):
    """Emits a window's rows beside those of its key's window before."""

    def process(self, key: Any, context: Any, elements: Any) -> Any:
        before = context.global_state().get_state(living(ValueStateDescriptor("b", Types.LONG())))
        yield before.value(), list(elements)
        before.update(sum(elements))


def test_state_that_windows_of_a_key_share_expires() -> None:
    run, feed, rows = run_of(
        lambda stream: (
            stream.key_by(lambda row: 0)
            .window(CountTumblingWindowAssigner.of(2))
            .process(LastWindow())
        )
    )
    for waits_ms, pair in [(0, [1, 2]), (99, [3, 4]), (100, [5, 6])]:
        run.advance(waits_ms)
        feed.rows += pair
        run.settle()
    feed.rows.append(None)
    run.finish()
    assert rows == [(None, [1, 2]), (3, [3, 4]), (None, [5, 6])]


class Watched(CountInValue):
    """Shows the test how many keys it has."""

    def open(self, runtime_context: Any) -> None:
        super().open(runtime_context)
        KEY_MAPS.append(runtime_context._keys.key_map)


def test_a_stream_of_ever_new_keys_keeps_as_many_as_live() -> None:
    KEY_MAPS.clear()
    run, feed, rows = run_of(lambda stream: stream.key_by(lambda row: row).map(Watched()))
    (keys,) = KEY_MAPS
    stored, capacities = [], []
    for _ in range(12):
        first = len(rows)
        feed.rows += range(first, first + 2000)
        run.settle()
        run.advance(25)
        stored.append(len(keys))
        capacities.append(keys.capacity)
    feed.rows.append(None)
    run.finish()
    assert len(rows) == 24_000
    # four rounds are younger than the time to live; what is older goes with the next rows
    assert max(stored) <= 6 * 2000
    assert capacities[-1] <= capacities[5] * 5 // 4
    KEY_MAPS.clear()


class TwoDescriptors(KeyedProcessFunction):
    """Asks for one name twice."""

    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second = first, second

    def open(self, runtime_context: Any) -> None:
        runtime_context.get_state(self.first)
        runtime_context.get_state(self.second)

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield value


def test_one_name_with_two_times_to_live_is_refused() -> None:
    plain = ValueStateDescriptor("s", Types.LONG())
    short = living(ValueStateDescriptor("s", Types.LONG()))
    long = living(ValueStateDescriptor("s", Types.LONG()), 200)
    same = living(ValueStateDescriptor("s", Types.LONG()))
    run_of(lambda stream: stream.key_by(lambda row: 0).process(TwoDescriptors(short, same)))[
        0
    ].job.close()
    for first, second, words in [
        (plain, short, "a time to live of 100 ms.*before with no time to live"),
        (short, plain, "no time to live, before with a time to live of 100 ms"),
        (short, long, "of 200 ms.*before with a time to live of 100 ms.*or another name"),
    ]:
        with pytest.raises(InvalidPipelineError, match=f"state 's' is asked for with.*{words}"):
            run_of(
                lambda stream, a=first, b=second: stream.key_by(lambda row: 0).process(
                    TwoDescriptors(a, b)
                )
            )


class OfWindow(ProcessWindowFunction):
    """Asks for a per-window state that expires."""

    def process(self, key: Any, context: Any, elements: Any) -> Any:
        context.window_state().get_state(living(ValueStateDescriptor("w", Types.LONG())))
        yield key


def test_a_time_to_live_of_per_window_state_is_refused() -> None:
    run, feed, _ = run_of(
        lambda stream: (
            stream.key_by(lambda row: 0)
            .window(CountTumblingWindowAssigner.of(1))
            .process(OfWindow())
        )
    )
    feed.rows += [1, None]
    with pytest.raises(Exception, match=r"state 'w' of a window has a time to live.*global_state"):
        run.finish()
