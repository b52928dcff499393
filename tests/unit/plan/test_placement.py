"""`place`: from programs to workers, with estimated and with measured loads."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from flinkette.common import WatermarkStrategy
from flinkette.contracts.errors import ConfigurationError, NotEnoughSlotsError
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.connectors import NumberSequenceSource
from flinkette.ext.sinks import BlackholeSink
from flinkette.plan.execution_graph import Channel, ExecutionGraph, SubtaskId
from flinkette.plan.job_graph import PlanOptions, build_job_graph
from flinkette.plan.load_estimate import estimate_loads
from flinkette.plan.placement import place
from flinkette.plan.placement_problem import (
    ByteCosts,
    Placement,
    PlacementProblem,
    WorkerOffer,
    local_workers,
)


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment()


def expand(env: StreamExecutionEnvironment, parallelism: int = 1) -> ExecutionGraph:
    return ExecutionGraph(build_job_graph(env._stream_graph, PlanOptions(parallelism)))


def numbers(env: StreamExecutionEnvironment) -> Any:
    return env.from_collection([1, 2, 3])


def keyed_job(env: StreamExecutionEnvironment, parallelism: int) -> ExecutionGraph:
    """Vertices: source (1 subtask), map with key_by, keyed map with sink."""
    stream = numbers(env).rebalance().map(abs)
    stream.key_by(lambda row: row).map(abs).sink_to(BlackholeSink())
    return expand(env, parallelism)


def counts(placement: Placement, workers: int) -> list[int]:
    return [placement.workers.count(worker) for worker in range(workers)]


@pytest.mark.parametrize(
    ("slots", "workers", "expected"), [(2, 2, [1, 1]), (8, 2, [4, 4]), (5, 3, [2, 2, 1])]
)
def test_equal_slots_are_spread_evenly_before_anything_is_measured(
    env: StreamExecutionEnvironment, slots: int, workers: int, expected: list[int]
) -> None:
    source = NumberSequenceSource(1, 100)
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers").map(abs)
    stream.key_by(lambda row: row).map(abs).sink_to(BlackholeSink())
    placement = place(expand(env, slots), local_workers(workers, slots))
    assert counts(placement, workers) == expected


def test_a_slot_with_a_source_that_reads_alone_counts_for_more(
    env: StreamExecutionEnvironment,
) -> None:
    placement = place(keyed_job(env, 3), local_workers(2, 3))
    assert counts(placement, 2) == [1, 2]
    assert placement.worker_of[SubtaskId(0, 0)] == 0


def test_every_subtask_is_where_its_slot_is(env: StreamExecutionEnvironment) -> None:
    graph = keyed_job(env, 3)
    placement = place(graph, local_workers(2, 3))
    assert set(placement.worker_of) == set(graph.subtasks)
    for subtask, slot in graph.slot_of.items():
        assert placement.worker_of[subtask] == placement.workers[slot]


def test_vertices_of_different_parallelism_are_placed(env: StreamExecutionEnvironment) -> None:
    stream = numbers(env).map(abs).set_parallelism(3).map(abs).set_parallelism(5)
    stream.sink_to(BlackholeSink()).set_parallelism(2)
    graph = expand(env, 5)
    placement = place(graph, local_workers(2, graph.required_slots))
    assert [vertex.parallelism for vertex in graph.job_graph.vertices] == [1, 3, 5, 2]
    assert len(placement.worker_of) == 1 + 3 + 5 + 2
    assert max(counts(placement, 2)) <= 3


def test_measured_loads_decide(env: StreamExecutionEnvironment) -> None:
    graph = keyed_job(env, 4)
    loads = dict.fromkeys(graph.subtasks, 0.1) | {SubtaskId(2, 3): 0.9}
    placement = place(graph, local_workers(2, 4), loads=loads)
    busiest = placement.worker_of[SubtaskId(2, 3)]
    assert placement.workers.count(busiest) == 1
    assert placement.compute == pytest.approx(0.9 + 0.1)


def test_measured_bytes_decide_what_is_near_to_what(env: StreamExecutionEnvironment) -> None:
    graph = keyed_job(env, 4)
    loads = dict.fromkeys(graph.subtasks, 0.1)
    sent = {
        Channel(1, SubtaskId(1, sender), SubtaskId(2, receiver)): 1e6
        for sender, receiver in [(0, 3), (3, 0), (1, 2), (2, 1)]
    }
    placement = place(graph, local_workers(2, 2), "locality", loads, traffic=sent)
    assert placement.network == 0
    assert placement.workers[0] == placement.workers[3] != placement.workers[1]
    assert placement.workers[1] == placement.workers[2]


def test_the_cost_is_that_of_the_fullest_worker_and_of_bytes_between_workers(
    env: StreamExecutionEnvironment,
) -> None:
    graph = keyed_job(env, 2)
    loads = {SubtaskId(1, 0): 0.5, SubtaskId(2, 1): 0.75}
    sent = {
        Channel(1, SubtaskId(1, 0), SubtaskId(2, 1)): 1000.0,
        Channel(1, SubtaskId(1, 0), SubtaskId(2, 0)): 5000.0,
    }
    workers = [WorkerOffer(7, "left", 1), WorkerOffer(9, "right", 1)]
    costs = ByteCosts(between_hosts_s=1e-5, between_workers_s=1e-6)
    placement = place(graph, workers, loads=loads, traffic=sent, byte_costs=costs)
    assert sorted(placement.workers) == [7, 9]
    assert placement.compute == 0.75
    assert placement.network == pytest.approx(1000 * 1e-5)
    assert placement.cost == pytest.approx(0.76)


def test_a_job_with_more_slots_than_the_workers_offer_says_how_many(
    env: StreamExecutionEnvironment,
) -> None:
    stream = numbers(env).map(abs).set_parallelism(3)
    stream.map(abs).set_parallelism(2).slot_sharing_group("other").sink_to(BlackholeSink())
    with pytest.raises(NotEnoughSlotsError, match="needs 5 slots, 4 there") as caught:
        place(expand(env, 2), local_workers(2, 2))
    assert (caught.value.needed, caught.value.offered) == (5, 4)
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (str(copied), copied.needed) == (str(caught.value), 5)


class LastWorker:
    """Fills the workers from behind."""

    def place(self, problem: PlacementProblem) -> Placement:
        """Place every slot."""
        ends = [
            position for position, offer in enumerate(problem.workers) for _ in range(offer.slots)
        ]
        return problem.placed(ends[::-1][: len(problem.slots)], "last worker")


class Careless:
    """Puts every slot on one worker."""

    def place(self, problem: PlacementProblem) -> Placement:
        """Place every slot."""
        return problem.placed([0] * len(problem.slots), "careless")


class Elsewhere:
    """Knows workers that are not there."""

    def place(self, problem: PlacementProblem) -> Placement:
        """Place every slot."""
        return problem.placed([5] * len(problem.slots), "elsewhere")


class Forgetful:
    """Leaves the last slot out."""

    def place(self, problem: PlacementProblem) -> Placement:
        """Place every slot but one."""
        return problem.placed([0] * (len(problem.slots) - 1), "forgetful")


def test_a_strategy_of_the_users_own_is_named_by_its_path(env: StreamExecutionEnvironment) -> None:
    path = f"{LastWorker.__module__}.LastWorker"
    placement = place(keyed_job(env, 2), local_workers(2, 2), path)
    assert placement.workers == (1, 1)
    assert placement.strategy == "last worker"


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (Careless, r"'careless' put 4 slots on worker 0, which offers 2"),
        (Elsewhere, r"'elsewhere' used worker 5; positions are 0 .. 1"),
        (Forgetful, r"'forgetful' placed 3 slots of 4"),
    ],
)
def test_a_strategy_that_breaks_the_rules_is_refused(
    env: StreamExecutionEnvironment, strategy: type, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        place(keyed_job(env, 4), local_workers(2, 2), f"{__name__}.{strategy.__name__}")


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("fastest", "unknown 'fastest'; expected greedy, optimal, locality"),
        ("no_such_module.Strategy", "cannot load 'no_such_module.Strategy'"),
        (f"{__name__}.NoSuchClass", "cannot load"),
        ("builtins.object", "has no method place"),
    ],
)
def test_a_strategy_that_is_not_there_is_refused_with_those_that_are(
    env: StreamExecutionEnvironment, strategy: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        place(keyed_job(env, 2), local_workers(2, 2), strategy)


def test_an_estimate_is_there_for_every_subtask_and_channel(
    env: StreamExecutionEnvironment,
) -> None:
    graph = keyed_job(env, 3)
    estimate = estimate_loads(graph)
    assert set(estimate.loads) == set(graph.subtasks)
    assert set(estimate.traffic) == set(graph.channels())
    assert max(estimate.loads.values()) == pytest.approx(1.0)
    assert all(load > 0 for load in estimate.loads.values())


def test_an_estimate_counts_the_rows_an_exchange_sends(env: StreamExecutionEnvironment) -> None:
    source = numbers(env)
    source.broadcast().map(abs).name("all").sink_to(BlackholeSink())
    source.rebalance().map(abs).name("some").sink_to(BlackholeSink())
    graph = expand(env, 4)
    loads = estimate_loads(graph).loads
    everything, part = (
        loads[SubtaskId(vertex.index, 0)] for vertex in graph.job_graph.vertices[1:]
    )
    assert everything == pytest.approx(4 * part)
