"""The line that a person sees of a long job, and what is left of it at the end."""

from __future__ import annotations

import io
from typing import Any

import pytest

from flinkette.client import progress
from flinkette.client.progress import Progress, busiest_text
from flinkette.client.start import make_job
from flinkette.common import Configuration
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.submission import graph_to_submit
from flinkette.ext.sinks import BlackholeSink
from flinkette.metrics.figures import CostFigures, JobFigures, OperatorFigures
from flinkette.metrics.figures import TaskFigures as Task
from flinkette.metrics.figures import VertexFigures as Vertex

pytestmark = pytest.mark.usefixtures("no_leaks")


def job_of_rows(rows: int) -> Any:
    configuration = Configuration().set_string("flinkette.batch.rows", "10")
    configuration.set_string("flinkette.execution.workers", "1")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.from_collection(list(range(rows))).map(lambda row: row).sink_to(BlackholeSink())
    return make_job(graph_to_submit(env._stream_graph), env._configuration, "counted")


def test_a_job_that_took_long_leaves_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FIRST_LINE_AFTER_S", 0.0)
    stream = io.StringIO()
    # the first turn alone has more rows than fit into its time
    job_of_rows(30_000).run(Progress(stream))
    summary, busiest = stream.getvalue().rpartition("\r")[2].splitlines()
    assert summary.startswith("counted: finished. 30,000 rows in, 30,000 out, ")
    assert busiest.startswith("  busiest: ")
    assert busiest.endswith(" cores in the fullest of 1 worker")


def test_a_job_that_took_no_time_leaves_nothing() -> None:
    stream = io.StringIO()
    job_of_rows(10).run(Progress(stream))
    assert stream.getvalue() == ""


def test_the_busiest_operator_is_that_of_all_subtasks_together() -> None:
    def task(index: int, *busy_ms: int) -> Task:
        operators = (OperatorFigures(f"op {n}", busy_ms=ms) for n, ms in enumerate(busy_ms))
        return Task(index, 0, {}, tuple(operators))

    vertex = Vertex("chain", 2, (task(0, 900, 600), task(1, 0, 600)))
    cost = CostFigures("greedy", 2, 1.0, 0.1, 0.75, 0.0)
    text = busiest_text(JobFigures((vertex,), cost=cost))
    assert text == "busiest: op 1, 1.2 s; 0.75 cores in the fullest of 2 workers"
    assert busiest_text(JobFigures()) == ""
