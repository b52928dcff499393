"""Which windows run as one operator."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Time, Types, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import (
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import Count, Sum
from flinkette.plan.shared_windows import shared_windows


@pytest.fixture
def keyed() -> Any:
    env = StreamExecutionEnvironment.get_execution_environment()
    rows = env.from_collection([(1, 0, 2)], type_info=Types.TUPLE([Types.LONG()] * 3))
    strategy = WatermarkStrategy.for_monotonous_timestamps()
    return rows.assign_timestamps_and_watermarks(strategy).key_by(lambda row: row[0])


def tumbling(seconds: int) -> TumblingEventTimeWindows:
    return TumblingEventTimeWindows.of(Time.seconds(seconds))


def groups(stream: Any, **parallelism: int) -> list[list[str]]:
    """Names of the windows of each group."""
    nodes = stream.get_execution_environment()._stream_graph.nodes
    by_id = {id(node): parallelism.get(node.name, 1) for node in nodes}
    return [[node.name for node in group] for group in shared_windows(nodes, by_id)]


def test_windows_of_one_keyed_stream_share_whatever_their_sizes_and_aggregates(keyed: Any) -> None:
    keyed.window(tumbling(1)).aggregate([Count()]).name("a")
    sliding = SlidingEventTimeWindows.of(Time.seconds(60), Time.seconds(7))
    keyed.window(sliding).allowed_lateness(5).aggregate([Sum(2), Count()]).name("b")
    keyed.window(tumbling(3600)).aggregate(Sum(2)).name("c")
    assert groups(keyed) == [["a", "b", "c"]]


def test_a_window_that_does_not_run_over_slices_stays_alone(keyed: Any) -> None:
    keyed.window(tumbling(1)).aggregate([Count()]).name("a")
    keyed.window(tumbling(2)).reduce(lambda left, right: left).name("other")
    keyed.window(tumbling(3)).aggregate([Count()]).name("b")
    assert groups(keyed) == [["a", "b"]]


def test_one_window_is_no_group(keyed: Any) -> None:
    keyed.window(tumbling(1)).aggregate([Count()]).name("a")
    assert groups(keyed) == []


def test_sessions_and_windows_of_rows_have_no_slices_to_share(keyed: Any) -> None:
    keyed.window(EventTimeSessionWindows.with_gap(Time.seconds(1))).aggregate([Count()])
    keyed.window(EventTimeSessionWindows.with_gap(Time.seconds(2))).aggregate([Count()])
    keyed.window(CountTumblingWindowAssigner.of(2)).aggregate([Count()])
    keyed.window(CountTumblingWindowAssigner.of(3)).aggregate([Count()])
    assert groups(keyed) == []


def test_windows_of_two_key_bys_read_different_rows(keyed: Any) -> None:
    other = keyed.key_by(lambda row: row[2])
    for stream, name in ((keyed, "a"), (other, "b"), (keyed, "c"), (other, "d")):
        stream.window(tumbling(1)).aggregate([Count()]).name(name)
    assert groups(keyed) == [["a", "c"], ["b", "d"]]


def test_windows_with_another_parallelism_run_in_other_subtasks(keyed: Any) -> None:
    for name in ("a", "b", "c"):
        keyed.window(tumbling(1)).aggregate([Count()]).name(name)
    assert groups(keyed, b=2) == [["a", "c"]]


def test_a_window_whose_chaining_is_disabled_or_that_has_a_group_of_slots_stays_alone(
    keyed: Any,
) -> None:
    for name in ("a", "b", "c", "d"):
        stream = keyed.window(tumbling(1)).aggregate([Count()]).name(name)
        if name == "b":
            stream.disable_chaining()
        if name == "c":
            stream.slot_sharing_group("own")
    assert groups(keyed) == [["a", "d"]]


def test_windows_of_the_whole_stream_share_too(keyed: Any) -> None:
    rows = keyed.map(lambda row: row, output_type=Types.TUPLE([Types.LONG()] * 3))
    rows.window_all(tumbling(1)).aggregate([Count()]).name("a")
    rows.window_all(tumbling(2)).aggregate([Count()]).name("b")
    assert groups(keyed) == [["a", "b"]]
