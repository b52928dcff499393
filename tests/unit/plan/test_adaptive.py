"""A job that asks for more slots than there are starts smaller."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.contracts.errors import NotEnoughSlotsError
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink
from flinkette.graph.transformations import Exchange
from flinkette.plan.adaptive import fit_into
from flinkette.plan.execution_graph import ExecutionGraph
from flinkette.plan.job_graph import JobGraph, PlanOptions, build_job_graph


def job(widths: list[tuple[str, int]]) -> JobGraph:
    """A source with parallelism 1 in the first group, then a map for each group and width."""
    env = StreamExecutionEnvironment.get_execution_environment()
    stream: Any = env.from_collection([1, 2, 3]).slot_sharing_group(widths[0][0])
    for group, parallelism in widths:
        stream = stream.rebalance().map(abs).slot_sharing_group(group).set_parallelism(parallelism)
    stream.sink_to(BlackholeSink()).set_parallelism(parallelism)
    return build_job_graph(env._stream_graph, PlanOptions(1))


def parallelisms(job_graph: JobGraph) -> list[int]:
    return [vertex.parallelism for vertex in job_graph.vertices]


def test_a_job_that_fits_stays_as_it_is() -> None:
    wanted = job([("a", 3), ("b", 2)])
    assert fit_into(wanted, 5) == wanted


def test_a_vertex_gets_the_slots_of_its_group_at_most() -> None:
    wanted = job([("a", 8), ("a", 2), ("a", 5)])
    assert parallelisms(fit_into(wanted, 4)) == [1, 4, 2, 4]


def test_what_narrow_groups_leave_goes_to_wider_ones() -> None:
    wanted = job([("a", 9), ("b", 1), ("c", 4)])
    assert parallelisms(fit_into(wanted, 8)) == [1, 4, 1, 3]


def test_key_groups_stay() -> None:
    wanted = job([("a", 200)])
    fitted = fit_into(wanted, 2)
    assert [vertex.max_parallelism for vertex in fitted.vertices] == [
        vertex.max_parallelism for vertex in wanted.vertices
    ]


def test_edges_that_join_different_parallelisms_now_rebalance() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1]).rebalance().map(abs).set_parallelism(4)
    stream = stream.map(abs).slot_sharing_group("b").set_parallelism(4)
    stream.map(abs).slot_sharing_group("a").set_parallelism(4)
    wanted = build_job_graph(env._stream_graph, PlanOptions(1))
    assert [edge.exchange for edge in wanted.edges][1:] == [Exchange.FORWARD] * 2
    fitted = fit_into(wanted, 7)
    assert parallelisms(fitted) == [1, 3, 2, 2]
    assert [edge.exchange for edge in fitted.edges][1:] == [Exchange.REBALANCE, Exchange.FORWARD]


def test_vertices_joined_by_forward_keep_one_parallelism() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1]).rebalance().map(abs).set_parallelism(4)
    stream = stream.slot_sharing_group("a")
    stream = stream.forward().map(abs).slot_sharing_group("b").set_parallelism(4)
    stream.forward().map(abs).slot_sharing_group("c").set_parallelism(4)
    fitted = fit_into(build_job_graph(env._stream_graph, PlanOptions(1)), 8)
    assert parallelisms(fitted)[1:] == [2, 2, 2]
    assert [edge.exchange for edge in fitted.edges][1:] == [Exchange.FORWARD] * 2


def test_fewer_slots_than_groups_are_refused_with_both_numbers() -> None:
    with pytest.raises(NotEnoughSlotsError, match="needs 3 slots, 2 there"):
        fit_into(job([("a", 4), ("b", 4), ("c", 4)]), 2)


groups_and_widths = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 9)), min_size=1, max_size=5
)


@given(groups_and_widths, st.integers(3, 20))
def test_a_fitted_job_uses_every_slot_it_can(widths: list[tuple[str, int]], slots: int) -> None:
    wanted = job(widths)
    fitted = fit_into(wanted, slots)
    needed = ExecutionGraph(wanted).required_slots
    assert ExecutionGraph(fitted).required_slots == min(needed, slots)
    assert all(
        1 <= after <= before
        for after, before in zip(parallelisms(fitted), parallelisms(wanted), strict=True)
    )
