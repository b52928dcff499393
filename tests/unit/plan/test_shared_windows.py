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
from flinkette.ext.aggregations import Count, Min, Sum
from flinkette.ext.sinks import BlackholeSink
from flinkette.plan.job_graph import JobGraph, PlanOptions, build_job_graph
from flinkette.plan.shared_windows import joined_plan, shared_windows
from flinkette.plan.slices import SlicePlan, plan_slices


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


def plan(stream: Any, **options: Any) -> JobGraph:
    graph = stream.get_execution_environment()._stream_graph
    return build_job_graph(graph, PlanOptions(1, **options))


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


def test_shared_windows_are_one_vertex_with_one_input_and_an_edge_for_each_consumer(
    keyed: Any,
) -> None:
    first = keyed.window(tumbling(1)).aggregate([Count()]).name("a").uid("uid of a")
    second = keyed.window(tumbling(2)).aggregate([Count()]).name("b").uid("uid of b")
    first.sink_to(BlackholeSink())
    second.map(str).sink_to(BlackholeSink())
    graph = plan(keyed)
    (shared,) = [vertex for vertex in graph.vertices if vertex.is_shared]
    assert shared.name == "a | b"
    assert [node.uid for node in shared.nodes] == ["uid of a", "uid of b"]
    assert len(graph.inputs_of(shared)) == 1
    assert [edge.producer.name for edge in graph.outputs_of(shared)] == ["a", "b"]
    # nothing is chained to a window that shares: each has an output of its own
    assert [len(vertex.nodes) for vertex in graph.vertices] == [3, 2, 1, 2]


def test_windows_stay_apart_where_sharing_is_switched_off(keyed: Any) -> None:
    keyed.window(tumbling(1)).aggregate([Count()]).sink_to(BlackholeSink())
    keyed.window(tumbling(2)).aggregate([Count()]).sink_to(BlackholeSink())
    graph = plan(keyed, is_window_sharing_enabled=False)
    assert not any(vertex.is_shared for vertex in graph.vertices)
    assert [len(vertex.nodes) for vertex in graph.vertices] == [3, 2, 2]


def test_an_aggregate_that_several_windows_ask_for_is_kept_once(keyed: Any) -> None:
    for specs in ([Count(), Sum(2)], [Sum(2, name="total")], [Min(2), Count()]):
        keyed.window(tumbling(1)).aggregate(specs)
    nodes = keyed.get_execution_environment()._stream_graph.nodes
    plans = [plan_slices(node) for node in nodes[-3:]]
    joined = joined_plan([plan for plan in plans if isinstance(plan, SlicePlan)])
    assert len(joined.aggregates) == 3
    assert [window.accumulators for window in joined.windows] == [(0, 1), (1,), (2, 0)]
    assert [window.names for window in joined.windows] == [
        ("count", "sum_f2"),
        ("total",),
        ("min_f2", "count"),
    ]
