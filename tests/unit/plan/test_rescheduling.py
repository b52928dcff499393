"""From counted busy time and bytes to loads, moves, and the cost that was measured."""

from __future__ import annotations

import pytest

from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink
from flinkette.plan.execution_graph import Channel, ExecutionGraph, SubtaskId
from flinkette.plan.job_graph import PlanOptions, build_job_graph
from flinkette.plan.placement import place
from flinkette.plan.placement_problem import ByteCosts, local_workers
from flinkette.plan.rescheduling import Rescheduler

WORKERS = local_workers(2, 4)


@pytest.fixture
def graph() -> ExecutionGraph:
    """Vertices: source (1), map with key_by (4), keyed map (4)."""
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1, 2, 3]).rebalance().map(abs)
    stream.key_by(lambda row: row).map(abs).sink_to(BlackholeSink())
    return ExecutionGraph(build_job_graph(env._stream_graph, PlanOptions(4)))


def rescheduler(graph: ExecutionGraph, **options: float) -> Rescheduler:
    even = place(graph, WORKERS, loads=dict.fromkeys(graph.subtasks, 1.0))
    return Rescheduler(graph, even, now_s=100.0, **options)  # type: ignore[arg-type]


def test_the_load_is_busy_time_per_time(graph: ExecutionGraph) -> None:
    scheduler = rescheduler(graph)
    assert scheduler.loads is None
    scheduler.fetch(110.0, {SubtaskId(1, 0): 5.0}, {})
    assert scheduler.loads == {SubtaskId(1, 0): 0.5}
    assert scheduler.traffic is None


def test_loads_are_smoothed(graph: ExecutionGraph) -> None:
    scheduler = rescheduler(graph, newest_share=0.25)
    scheduler.fetch(110.0, {SubtaskId(1, 0): 10.0}, {})
    scheduler.fetch(120.0, {SubtaskId(1, 0): 12.0}, {})
    assert scheduler.loads == {SubtaskId(1, 0): pytest.approx(0.75 * 1.0 + 0.25 * 0.2)}


def test_a_count_that_fell_is_that_of_a_new_start(graph: ExecutionGraph) -> None:
    scheduler = rescheduler(graph, newest_share=1.0)
    scheduler.fetch(110.0, {SubtaskId(1, 0): 10.0}, {})
    scheduler.fetch(120.0, {SubtaskId(1, 0): 3.0}, {})
    assert scheduler.loads == {SubtaskId(1, 0): pytest.approx(0.3)}


def test_no_time_no_load(graph: ExecutionGraph) -> None:
    scheduler = rescheduler(graph)
    scheduler.fetch(100.0, {SubtaskId(1, 0): 5.0}, {})
    assert scheduler.loads is None


def test_nothing_moves_before_anything_is_measured_and_out_of_balance(
    graph: ExecutionGraph,
) -> None:
    scheduler = rescheduler(graph)
    scheduler.fetch(110.0, dict.fromkeys(graph.subtasks, 2.0), {})
    assert len(scheduler.map(WORKERS).moved) <= 1


def test_a_busy_subtask_gets_a_worker_of_its_own_and_the_state_is_updated(
    graph: ExecutionGraph,
) -> None:
    scheduler = rescheduler(graph)
    busy = dict.fromkeys(graph.subtasks, 0.5) | {SubtaskId(2, 1): 9.0}
    scheduler.fetch(110.0, busy, {})
    replacement = scheduler.map(WORKERS)
    placement = replacement.placement
    assert placement.workers.count(placement.worker_of[SubtaskId(2, 1)]) == 1
    assert [slot.index for slot in replacement.moved] != []
    scheduler.update(placement)
    assert scheduler.placement is placement
    assert scheduler.map(WORKERS).moved == ()


def test_slots_of_a_worker_that_left_go_to_those_that_stay(graph: ExecutionGraph) -> None:
    scheduler = rescheduler(graph)
    replacement = scheduler.map(WORKERS[1:])
    assert set(replacement.placement.workers) == {1}
    assert len(replacement.moved) == scheduler.placement.workers.count(0)


def test_the_measured_cost_can_be_held_against_the_estimated_one(graph: ExecutionGraph) -> None:
    scheduler = Rescheduler(
        graph,
        place(graph, WORKERS, loads=dict.fromkeys(graph.subtasks, 1.0)),
        now_s=0.0,
        byte_costs=ByteCosts(between_hosts_s=1e-6, between_workers_s=1e-7),
    )
    apart = next(
        Channel(1, SubtaskId(1, sender), SubtaskId(2, receiver))
        for sender in range(4)
        for receiver in range(4)
        if scheduler.placement.worker_of[SubtaskId(1, sender)]
        != scheduler.placement.worker_of[SubtaskId(2, receiver)]
    )
    scheduler.fetch(10.0, {SubtaskId(1, 0): 4.0}, {apart: 1e7})
    measured = scheduler.measured(WORKERS)
    assert measured.workers == scheduler.placement.workers
    assert measured.compute == pytest.approx(0.4)
    assert measured.network == pytest.approx(0.1)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_a_share_that_is_none_is_refused(graph: ExecutionGraph, share: float) -> None:
    with pytest.raises(ValueError, match="newest_share must be above 0"):
        rescheduler(graph, newest_share=share)
