"""From what workers report to figures under Flink's names."""

from __future__ import annotations

import pytest

from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink
from flinkette.metrics.task_counts import ChannelBytes, OperatorCounts, TaskCounts
from flinkette.plan.execution_graph import ExecutionGraph
from flinkette.plan.job_graph import JobGraph, PlanOptions, build_job_graph
from flinkette.plan.job_metrics import JobMetrics
from flinkette.plan.placement import place
from flinkette.plan.placement_problem import ByteCosts, local_workers

S = 1_000_000_000
MS = 1_000_000


@pytest.fixture
def job_graph() -> JobGraph:
    """Vertices: source (1), map with key_by (2), sum by key with sink (2)."""
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_collection([1, 2, 3]).rebalance().map(abs)
    stream.key_by(lambda row: row).reduce(max).sink_to(BlackholeSink())
    return build_job_graph(env._stream_graph, PlanOptions(2))


def counts(
    job_graph: JobGraph,
    vertex: int,
    subtask: int,
    *,
    running_ns: int = S,
    idle_ns: int = 0,
    backpressured_ns: int = 0,
    rows: int = 0,
    busy_ns: int = 0,
    watermark_ms: int | None = None,
    lowest_channel: int | None = None,
    has_ended: bool = False,
) -> TaskCounts:
    node = job_graph.vertices[vertex].nodes[0].node_id
    return TaskCounts(
        vertex,
        subtask,
        [OperatorCounts(node, rows, rows, busy_ns, None)],
        running_ns,
        idle_ns,
        backpressured_ns,
        0,
        0,
        watermark_ms,
        watermark_ms,
        lowest_channel,
        has_ended,
        {},
    )


def test_rates_are_those_of_the_last_reports(job_graph: JobGraph) -> None:
    metrics = JobMetrics(job_graph)
    for second in range(1, 31):
        rows = 100 * second if second <= 20 else 2000 + 500 * (second - 20)
        idle = 300 * MS * second
        report = counts(job_graph, 0, 0, running_ns=second * S, idle_ns=idle, rows=rows)
        metrics.take([report])
    (task,) = metrics.figures().vertices[0].tasks
    found = task.metrics
    assert (found["numRecordsIn"], found["numRecordsInPerSecond"]) == (7000, 500)
    assert (found["idleTimeMsPerSecond"], found["busyTimeMsPerSecond"]) == (300, 700)
    assert found["accumulateBusyTimeMs"] == 21_000


def test_the_first_report_counts_from_the_beginning(job_graph: JobGraph) -> None:
    metrics = JobMetrics(job_graph)
    metrics.take([counts(job_graph, 0, 0, running_ns=2 * S, backpressured_ns=S, rows=10)])
    (task,) = metrics.figures().vertices[0].tasks
    assert task.metrics["numRecordsOutPerSecond"] == 5
    assert task.metrics["backPressuredTimeMsPerSecond"] == 500
    assert task.metrics["busyTimeMsPerSecond"] == 500


def test_nothing_happens_any_more_in_a_subtask_that_has_ended(job_graph: JobGraph) -> None:
    metrics = JobMetrics(job_graph)
    metrics.take([counts(job_graph, 0, 0, rows=10, has_ended=True)])
    (task,) = metrics.figures().vertices[0].tasks
    rates = {name: value for name, value in task.metrics.items() if name.endswith("PerSecond")}
    assert set(rates.values()) == {0}
    assert task.metrics["numRecordsIn"] == 10


def test_a_watermark_that_there_is_none_of_is_missing(job_graph: JobGraph) -> None:
    metrics = JobMetrics(job_graph)
    metrics.take([counts(job_graph, 0, 0), counts(job_graph, 1, 0, watermark_ms=7)])
    source, mapped, _ = metrics.figures().vertices
    assert source.lowest("currentInputWatermark") is None
    assert mapped.lowest("currentInputWatermark") == 7
    assert metrics.counts.watermark_ms == 7


def held_back_by(metrics: JobMetrics) -> list[str]:
    return [vertex.held_back_by for vertex in metrics.figures().vertices]


def test_what_holds_a_watermark_back_is_followed_to_its_source(job_graph: JobGraph) -> None:
    metrics = JobMetrics(job_graph)
    metrics.take(
        [
            counts(job_graph, 0, 0, watermark_ms=3),
            counts(job_graph, 1, 0, watermark_ms=9, lowest_channel=0),
            counts(job_graph, 1, 1, watermark_ms=5, lowest_channel=None),
            counts(job_graph, 2, 0, watermark_ms=5, lowest_channel=1),
            counts(job_graph, 2, 1, watermark_ms=9, lowest_channel=0),
        ]
    )
    idle = "inputs that are all idle"
    assert held_back_by(metrics) == ["", idle, "Map (2/2), whose inputs are all idle"]
    metrics.take([counts(job_graph, 1, 1, running_ns=2 * S, watermark_ms=5, lowest_channel=0)])
    source = "Source: Collection Source (1/1)"
    assert held_back_by(metrics) == ["", source, source]
    slow = counts(job_graph, 0, 0, running_ns=2 * S, watermark_ms=3)
    metrics.take([slow._replace(slowest_split="split b.csv")])
    assert held_back_by(metrics) == ["", f"{source}, split b.csv", f"{source}, split b.csv"]
    metrics.take([counts(job_graph, 0, 0, running_ns=3 * S, watermark_ms=None)])
    assert held_back_by(metrics) == ["", "", ""], "a source that makes none holds none back"


def test_operators_add_up_over_subtasks(job_graph: JobGraph) -> None:
    metrics = JobMetrics(job_graph)
    metrics.take(
        [
            counts(job_graph, 1, 0, rows=3, busy_ns=5 * MS),
            counts(job_graph, 1, 1, rows=4, busy_ns=6 * MS),
        ]
    )
    (operator,) = metrics.figures().vertices[1].operators
    assert (operator.rows_in, operator.rows_out, operator.busy_ms) == (7, 7, 11)
    assert operator.name.startswith("Map -> ")


def test_the_cost_of_a_placement_is_measured(job_graph: JobGraph) -> None:
    graph, workers = ExecutionGraph(job_graph), local_workers(2, 2)
    placed = place(graph, workers)
    metrics = JobMetrics(job_graph)
    metrics.placed(placed, workers)
    before = metrics.figures().cost
    assert before is not None
    assert (before.compute_estimated, before.compute_measured) == (placed.compute, None)
    metrics.take(
        [
            counts(job_graph, 0, 0, running_ns=10 * S, busy_ns=4 * S),
            counts(job_graph, 1, 0, running_ns=10 * S, busy_ns=2 * S),
            counts(job_graph, 2, 1, running_ns=10 * S, busy_ns=3 * S),
        ],
        [ChannelBytes(1, 0, 1, 20_000_000_000)],
    )
    after = metrics.figures().cost
    assert after is not None
    # slot 0 has the source and a map, slot 1 the reduce; 2 GB/s between the two
    assert after.compute_measured == pytest.approx(0.6)
    assert after.network_measured == pytest.approx(2e9 * ByteCosts().between_workers_s)
    assert after.compute_estimated == placed.compute
