"""Keys that fall silent, come late, or come between one another, each with its own state."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Configuration, Time, Types, WatermarkStrategy
from flinkette.datastream import KeyedProcessFunction, OutputTag, StreamExecutionEnvironment
from flinkette.datastream.functions import ProcessWindowFunction
from flinkette.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)
from flinkette.datastream.window import EventTimeSessionWindows, TumblingEventTimeWindows

TEN = TumblingEventTimeWindows.of(Time.milliseconds(10))


class Rows(ProcessWindowFunction):
    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield key, context.window().start, [row[1] for row in elements]


def keyed(*rows: Any) -> Any:
    configuration = Configuration()
    configuration.set_string("pipeline.auto-watermark-interval", "1 ms")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f1")
    stream = env.from_collection(list(rows)).assign_timestamps_and_watermarks(strategy)
    return stream.key_by(lambda row: row[0])


def collect(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as rows:
        return list(rows)


def test_the_last_window_of_a_quiet_key_closes_when_other_keys_go_on() -> None:
    found = collect(keyed(("quiet", 1), ("b", 2), ("b", 11), ("b", 25)).window(TEN).process(Rows()))
    assert found == [
        ("quiet", 0, [1]),
        ("b", 0, [2]),
        ("b", 10, [11]),
        ("b", 20, [25]),
    ]


@pytest.mark.parametrize("assigner", [TEN, EventTimeSessionWindows.with_gap(Time.milliseconds(5))])
def test_a_late_row_does_not_make_its_closed_window_anew(assigner: Any) -> None:
    late = OutputTag("late")
    windows = keyed(("a", 1), ("a", 30), ("a", 2)).window(assigner).side_output_late_data(late)
    stream = windows.process(Rows())
    tagged = stream.union(stream.get_side_output(late).map(lambda row: ("late", *row)))
    found = collect(tagged)
    assert ("late", "a", 2) in found
    assert sorted(row[2] for row in found if row[0] == "a") == [[1], [30]]


def test_a_window_whose_origin_is_far_in_the_past_loses_no_row() -> None:
    times = [-(2**45) + 3, -(2**45) + 12, 0, 2**45 + 7]
    found = collect(keyed(*(("a", time) for time in times)).window(TEN).process(Rows()))
    assert [values for _, _, values in found] == [[time] for time in times]


class Kept(KeyedProcessFunction):
    """Keeps rows in all kinds of state; every third row of a key clears them."""

    def __init__(self, *, with_ttl: bool) -> None:
        self.with_ttl = with_ttl

    def open(self, runtime_context: Any) -> None:
        value = ValueStateDescriptor("value", Types.LONG())
        values = ListStateDescriptor("values", Types.LONG())
        entries = MapStateDescriptor("entries", Types.LONG(), Types.LONG())
        if self.with_ttl:
            for descriptor in (value, values, entries):
                descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.days(1)).build())
        self.value = runtime_context.get_state(value)
        self.list = runtime_context.get_list_state(values)
        self.map = runtime_context.get_map_state(entries)

    def process_element(self, row: Any, ctx: Any) -> Any:
        key, number = row
        self.value.update((self.value.value() or 0) + 1)
        self.list.add(number)
        self.map.put(number, self.value.value())
        yield key, self.value.value(), list(self.list.get()), sorted(self.map.items())
        if self.value.value() == 3:
            for state in (self.value, self.list, self.map):
                state.clear()


@pytest.mark.parametrize("with_ttl", [False, True])
def test_state_is_that_of_the_row_at_hand_however_keys_follow_one_another(with_ttl: bool) -> None:
    rows = [("abca"[turn % 4] if turn % 3 else "a", turn) for turn in range(40)]
    seen: dict[str, list[int]] = {}
    wanted = []
    for key, number in rows:
        kept = seen.setdefault(key, [])
        kept.append(number)
        wanted.append((key, len(kept), list(kept), [(n, i + 1) for i, n in enumerate(kept)]))
        if len(kept) == 3:
            kept.clear()
    assert collect(keyed(*rows).process(Kept(with_ttl=with_ttl))) == wanted
