"""Random programs with loads and bytes as measured ones have: skewed over subtasks and keys."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from flinkette.common import WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.connectors import NumberSequenceSource
from flinkette.datastream.data_stream import DataStream
from flinkette.datastream.submission import graph_to_submit
from flinkette.ext.sinks import BlackholeSink
from flinkette.plan.execution_graph import ExecutionGraph
from flinkette.plan.job_graph import PlanOptions, build_job_graph
from flinkette.plan.load_estimate import estimate_loads
from flinkette.plan.placement import make_problem
from flinkette.plan.placement_problem import ByteCosts, PlacementProblem, WorkerOffer

__all__ = ["GRAPHS", "Sizes", "random_graph", "random_problems", "without_bytes"]

GRAPHS = 200
_EXCHANGES = ("rebalance", "rescale", "shuffle", "broadcast", "key_by", "key_by", "key_by")


@dataclass(frozen=True)
class Sizes:
    """Ranges that sizes of graphs are drawn from, both ends included."""

    operators: tuple[int, int] = (1, 4)
    parallelism: tuple[int, int] = (1, 5)
    slots: tuple[int, int] = (3, 9)
    workers: tuple[int, int] = (2, 5)
    hosts: int = 3


def random_graph(chance: random.Random, sizes: Sizes) -> ExecutionGraph:
    """A program of sources, exchanges, maps and slot sharing groups that needs so many slots."""
    while True:
        env = StreamExecutionEnvironment.get_execution_environment()
        streams = [a_source(env, chance, sizes) for _ in range(chance.choice([1, 1, 2]))]
        stream = streams[0].union(*streams[1:])
        for _ in range(chance.randint(*sizes.operators)):
            stream = an_operator(stream, chance, sizes)
        stream.sink_to(BlackholeSink())
        graph = ExecutionGraph(build_job_graph(graph_to_submit(env._stream_graph), PlanOptions(1)))
        if sizes.slots[0] <= graph.required_slots <= sizes.slots[1]:
            return graph


def a_source(env: StreamExecutionEnvironment, chance: random.Random, sizes: Sizes) -> DataStream:
    """A source that its subtasks share."""
    strategy = WatermarkStrategy.no_watermarks()
    stream = env.from_source(NumberSequenceSource(1, 9), strategy, "numbers")
    return stream.set_parallelism(chance.randint(*sizes.parallelism))


def an_operator(stream: DataStream, chance: random.Random, sizes: Sizes) -> DataStream:
    """An exchange and a map; one in three starts a slot sharing group."""
    exchange = chance.choice(_EXCHANGES)
    parallelism = chance.randint(*sizes.parallelism)
    stream = stream.key_by(abs) if exchange == "key_by" else getattr(stream, exchange)()
    stream = stream.map(abs).set_parallelism(parallelism)
    if chance.random() < 1 / 3:
        stream = stream.slot_sharing_group(f"group {chance.randint(1, 3)}")
    return stream


def random_problem(chance: random.Random, sizes: Sizes) -> PlacementProblem:
    """A graph with workers that have room, and figures as if it had been measured."""
    graph = random_graph(chance, sizes)
    hosts = chance.randint(1, sizes.hosts)
    workers = [
        WorkerOffer(number, f"host {number % hosts}", graph.required_slots)
        for number in range(chance.randint(*sizes.workers))
    ]
    estimate = estimate_loads(graph)
    cost_of = [chance.lognormvariate(0, 0.7) for _ in graph.job_graph.vertices]
    bytes_of = [chance.lognormvariate(0, 0.7) for _ in graph.job_graph.edges]
    loads = {
        subtask: load * cost_of[subtask.vertex] * chance.lognormvariate(0, 0.3)
        for subtask, load in estimate.loads.items()
    }
    traffic = {
        channel: sent * bytes_of[channel.edge] * chance.lognormvariate(0, 0.3)
        for channel, sent in estimate.traffic.items()
    }
    return make_problem(graph, workers, loads, traffic)


def random_problems(sizes: Sizes, seed: int = 5) -> list[PlacementProblem]:
    """The problems of one seed, always the same."""
    chance = random.Random(seed)
    return [random_problem(chance, sizes) for _ in range(GRAPHS)]


def without_bytes(problem: PlacementProblem) -> PlacementProblem:
    """The same problem where only compute counts."""
    return replace(problem, byte_costs=ByteCosts(0.0, 0.0))
