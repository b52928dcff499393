"""What a job on worker processes tells of its operators."""

from __future__ import annotations

import pytest

from flinkette.client.job import Job
from flinkette.client.start import make_job
from flinkette.cluster.messages import Report
from flinkette.cluster.reports import MAX_CHANNELS, MAX_TASKS, reports_of
from flinkette.cluster.worker_pool import close_fork_server, fork_server
from flinkette.common import Configuration, WatermarkStrategy
from flinkette.contracts.errors import InvalidTypeError
from flinkette.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment
from flinkette.datastream.connectors import NumberSequenceSource
from flinkette.datastream.submission import graph_to_submit
from flinkette.ext import job_figures
from flinkette.ext.sinks import BlackholeSink
from flinkette.metrics.task_counts import ChannelBytes

pytestmark = pytest.mark.usefixtures("no_leaks")
ROWS = 5000


@pytest.fixture(scope="module", autouse=True)
def fork_server_of_the_module():
    """Start the fork server before the leak check counts processes."""
    fork_server()
    yield
    close_fork_server()


def environment(workers: int, transport: str = "ring") -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    configuration = Configuration()
    configuration.set_integer("flinkette.execution.workers", workers)
    configuration.set_string("flinkette.exchange.transport", transport)
    env.configure(configuration)
    return env.set_parallelism(2)


def build(env: StreamExecutionEnvironment) -> None:
    rows = env.from_collection(list(range(ROWS)))
    keyed = rows.map(lambda row: row + 1).key_by(lambda row: row % 5)
    keyed.map(lambda row: row).filter(lambda row: row % 2 == 0).sink_to(BlackholeSink())


@pytest.mark.parametrize(("workers", "transport"), [(1, "ring"), (2, "ring"), (2, "zmq")])
def test_every_operator_of_every_subtask_is_counted(workers: int, transport: str) -> None:
    env = environment(workers, transport)
    build(env)
    figures = job_figures(env.execute())
    source, mapped, keyed = figures.vertices
    assert (figures.rows_in, figures.rows_out) == (ROWS, ROWS // 2)
    assert [each.rows_out for each in source.operators] == [ROWS]
    assert [each.rows_in for each in mapped.operators] == [ROWS]
    assert [(each.rows_in, each.rows_out) for each in keyed.operators] == [
        (ROWS, ROWS // 2),
        (ROWS // 2, ROWS // 2),
    ]
    assert [len(vertex.tasks) for vertex in figures.vertices] == [1, 2, 2]
    assert {task.worker for task in keyed.tasks} == set(range(workers))
    assert all(task.has_ended for vertex in figures.vertices for task in vertex.tasks)
    sent = sum(vertex.total("numBytesOut") for vertex in figures.vertices)
    received = sum(vertex.total("numBytesIn") for vertex in figures.vertices)
    assert sent == received
    assert (sent > ROWS) is (workers > 1)
    cost = figures.cost
    assert cost is not None
    assert cost.compute_measured is not None
    assert cost.network_measured is not None
    assert (cost.workers, cost.compute_measured > 0) == (workers, True)
    assert (cost.network_measured > 0) is (workers > 1)


class Counting(MapFunction):
    """Counts rows under several kinds of metrics."""

    def open(self, runtime_context: RuntimeContext) -> None:
        group = runtime_context.get_metrics_group().add_group("rows", "kind")
        self.seen, self.sizes = group.counter("seen"), group.distribution("sizes")
        self.rate = group.meter("rate")
        group.gauge("twice", lambda: 2 * self.seen.get_count())
        group.gauge("broken", lambda: 1 // 0)
        group.gauge("large", lambda: 2**70)

    def map(self, value: int) -> int:
        self.seen.inc()
        self.sizes.update(value)
        self.rate.mark_event()
        return value


@pytest.mark.parametrize("workers", [1, 2])
def test_metrics_of_functions_are_reported_under_the_operators_name(workers: int) -> None:
    env = environment(workers)
    rows = env.from_collection(list(range(10)))
    once = rows.map(Counting()).set_parallelism(1)
    once.map(Counting()).set_parallelism(1).sink_to(BlackholeSink())
    figures = job_figures(env.execute())
    found = {
        name: value
        for vertex in figures.vertices
        for task in vertex.tasks
        for name, value in task.metrics.items()
        if ".rows.kind." in name
    }
    for operator in ("Map", "Map_2"):
        numbers = {
            name.partition(".rows.kind.")[2]: value
            for name, value in found.items()
            if name.startswith(f"{operator}.")
        }
        rate = numbers.pop("rate")
        assert rate >= 0
        assert numbers == {
            "seen": 10, "twice": 20, "large": 2.0**70, "rate.count": 10,
            "sizes.count": 10, "sizes.sum": 45, "sizes.min": 0, "sizes.max": 9,
        }  # fmt: skip


def test_a_running_job_can_be_asked() -> None:
    env = environment(2)
    source = NumberSequenceSource(1, 2**60)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")
    numbers.key_by(lambda row: row % 10).filter(lambda _: False).sink_to(BlackholeSink())
    job = make_job(graph_to_submit(env._stream_graph), env._configuration, "endless")
    try:
        while not all(rates_of(job)):
            assert job.step()
    finally:
        job.close()


def rates_of(job: Job) -> list[bool]:
    """Whether rows have passed through each vertex lately."""
    vertices = job.figures().vertices
    return [vertex.total("numRecordsInPerSecond") > 0 for vertex in vertices] or [False]


def test_a_job_in_the_background_can_be_asked() -> None:
    env = environment(1)
    build(env)
    client = env.execute_async()
    client.get_job_execution_result().result()
    assert job_figures(client).rows_in == ROWS


def test_only_handles_of_jobs_have_figures() -> None:
    with pytest.raises(InvalidTypeError, match=r"takes what execute\(\) or .*, got 7"):
        job_figures(7)  # type: ignore[arg-type]


class ManyChannels:
    """The wiring of a worker with more channels than a message takes."""

    def channel_bytes(self) -> list[ChannelBytes]:
        return [ChannelBytes(0, 0, number, number) for number in range(2 * MAX_CHANNELS + 1)]

    def task_bytes(self) -> dict[tuple[int, int], tuple[int, int]]:
        return {}


class NoSubtasks:
    subtasks: tuple[()] = ()


def test_a_report_is_bounded_and_nothing_is_left_out() -> None:
    reports: list[Report] = reports_of(NoSubtasks(), ManyChannels())  # type: ignore[arg-type]
    assert max(len(report.channels) for report in reports) <= MAX_CHANNELS
    assert max(len(report.tasks) for report in reports) <= MAX_TASKS
    sent = [each.sent for report in reports for each in report.channels]
    assert sent == list(range(2 * MAX_CHANNELS + 1))
