"""From JobGraphs to subtasks, channels and slots, as Flink shares them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink
from flinkette.graph.transformations import Exchange
from flinkette.plan.execution_graph import (
    Channel,
    ExecutionGraph,
    SubtaskId,
    receivers_of,
    rescale_group,
)
from flinkette.plan.job_graph import PlanOptions, build_job_graph


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


def expand(env: StreamExecutionEnvironment, parallelism: int = 1) -> ExecutionGraph:
    return ExecutionGraph(build_job_graph(env._stream_graph, PlanOptions(parallelism)))


def numbers(env: StreamExecutionEnvironment) -> Any:
    return env.from_collection([1, 2, 3])


def joined(graph: ExecutionGraph) -> list[tuple[int, int]]:
    return [(channel.sender.index, channel.receiver.index) for channel in graph.channels()]


def test_every_vertex_has_as_many_subtasks_as_its_parallelism(
    env: StreamExecutionEnvironment,
) -> None:
    numbers(env).map(abs).set_parallelism(2).map(abs).set_parallelism(3).sink_to(BlackholeSink())
    graph = expand(env, 3)
    assert Counter(subtask.vertex for subtask in graph.subtasks) == {0: 1, 1: 2, 2: 3}
    assert graph.parallelism == 3


def test_a_job_without_groups_needs_as_many_slots_as_its_largest_parallelism(
    env: StreamExecutionEnvironment,
) -> None:
    numbers(env).map(abs).set_parallelism(2).map(abs).set_parallelism(3).sink_to(BlackholeSink())
    graph = expand(env, 3)
    assert graph.required_slots == 3
    assert [slot.subtasks for slot in graph.slots] == [
        (SubtaskId(0, 0), SubtaskId(1, 0), SubtaskId(2, 0)),
        (SubtaskId(1, 1), SubtaskId(2, 1)),
        (SubtaskId(2, 2),),
    ]


def test_groups_do_not_share_slots(env: StreamExecutionEnvironment) -> None:
    heavy = numbers(env).map(abs).set_parallelism(4).slot_sharing_group("heavy")
    heavy.map(abs).set_parallelism(2).sink_to(BlackholeSink()).slot_sharing_group("default")
    graph = expand(env, 2)
    assert [(vertex.slot_sharing_group, vertex.parallelism) for vertex in vertices(graph)] == [
        ("default", 1),
        ("heavy", 4),
        ("heavy", 2),
        ("default", 2),
    ]
    assert graph.required_slots == 2 + 4
    assert [(slot.group, slot.index) for slot in graph.slots] == [
        ("default", 0),
        ("default", 1),
        ("heavy", 0),
        ("heavy", 1),
        ("heavy", 2),
        ("heavy", 3),
    ]


def vertices(graph: ExecutionGraph) -> Any:
    return graph.job_graph.vertices


def test_without_slot_sharing_every_chain_has_slots_of_its_own(
    env: StreamExecutionEnvironment,
) -> None:
    rows = numbers(env).map(abs).set_parallelism(2).map(abs).slot_sharing_group("late")
    rows.set_parallelism(3).key_by(abs).map(abs).set_parallelism(3).sink_to(BlackholeSink())
    options = PlanOptions(3, is_slot_sharing_enabled=False)
    graph = ExecutionGraph(build_job_graph(env._stream_graph, options))
    assert graph.required_slots == sum(each.parallelism for each in graph.job_graph.vertices)
    assert all(len(slot.subtasks) == 1 for slot in graph.slots)
    shared = ExecutionGraph(build_job_graph(env._stream_graph, PlanOptions(3)))
    assert [vertex.nodes for vertex in graph.job_graph.vertices] == [
        vertex.nodes for vertex in shared.job_graph.vertices
    ]


def test_a_group_breaks_the_chain(env: StreamExecutionEnvironment) -> None:
    numbers(env).map(abs).slot_sharing_group("heavy").map(abs).sink_to(BlackholeSink())
    assert [vertex.slot_sharing_group for vertex in vertices(expand(env))] == ["default", "heavy"]


def test_naming_the_group_that_is_inherited_anyway_does_not_break_the_chain(
    env: StreamExecutionEnvironment,
) -> None:
    numbers(env).map(abs).slot_sharing_group("default").sink_to(BlackholeSink())
    assert len(vertices(expand(env))) == 1


@pytest.mark.parametrize(("other", "expected"), [("left", "left"), ("right", "default")])
def test_a_union_is_in_the_group_of_its_inputs_if_they_agree(
    env: StreamExecutionEnvironment, other: str, expected: str
) -> None:
    left = numbers(env).map(abs).slot_sharing_group("left")
    right = numbers(env).map(abs).slot_sharing_group(other)
    left.union(right).map(abs).sink_to(BlackholeSink())
    assert vertices(expand(env))[-1].slot_sharing_group == expected


def test_forward_joins_equal_indices_in_one_slot(env: StreamExecutionEnvironment) -> None:
    stream = numbers(env).rebalance().map(abs)
    stream.start_new_chain()
    stream.map(abs).start_new_chain().sink_to(BlackholeSink())
    graph = expand(env, 3)
    forward = [channel for channel in graph.channels() if channel.edge == 1]
    assert forward == [Channel(1, SubtaskId(1, each), SubtaskId(2, each)) for each in range(3)]
    assert all(graph.slot_of[each.sender] == graph.slot_of[each.receiver] for each in forward)


def test_a_keyed_exchange_joins_every_pair(env: StreamExecutionEnvironment) -> None:
    numbers(env).rebalance().map(abs).set_parallelism(2).key_by(abs).map(abs).set_parallelism(3)
    # key_by reads with the parallelism of what it follows
    env._stream_graph.nodes[-2].parallelism = 2
    graph = expand(env, 3)
    assert joined(graph)[2:] == [(sender, receiver) for sender in range(2) for receiver in range(3)]


def test_rescale_joins_neighbours_only(env: StreamExecutionEnvironment) -> None:
    stream = numbers(env).rebalance().map(abs).set_parallelism(2)
    stream.rescale().map(abs).set_parallelism(4)
    assert joined(expand(env, 4))[2:] == [(0, 0), (0, 1), (1, 2), (1, 3)]


@pytest.mark.parametrize("exchange", [each for each in Exchange if each is not Exchange.RESCALE])
@pytest.mark.parametrize("senders", [1, 3])
def test_every_receiver_hears_of_the_end_of_every_sender_it_may_get_rows_from(
    exchange: Exchange, senders: int
) -> None:
    groups = [list(receivers_of(exchange, sender, senders, 3)) for sender in range(senders)]
    if exchange is Exchange.FORWARD:
        assert groups == [[sender] for sender in range(senders)]
    else:
        assert groups == [[0, 1, 2]] * senders


@given(st.integers(1, 40), st.integers(1, 40))
def test_rescale_groups_cover_every_receiver_once(senders: int, receivers: int) -> None:
    groups = [rescale_group(sender, senders, receivers) for sender in range(senders)]
    assert all(groups)
    if receivers >= senders:
        assert sorted(each for group in groups for each in group) == list(range(receivers))
        assert max(map(len, groups)) - min(map(len, groups)) <= 1
    else:
        served = [group[0] for group in groups]
        counts = [served.count(each) for each in range(receivers)]
        assert served == sorted(served)
        assert min(counts) >= 1
        assert max(counts) - min(counts) <= 1
