"""What `flinkette top` and `flinkette info <job>` show."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import msgspec
from rich.console import Console

from flinkette.cli.job_tables import summary_of_job, table_of_running_job
from flinkette.cluster.control_messages import JobLine, JobMeasured
from flinkette.metrics.figures import (
    CostFigures,
    JobFigures,
    OperatorFigures,
    TaskFigures,
    VertexFigures,
)

NOON_MS = 1_700_000_000_000
JOB = JobLine("0" * 32, "clicks", "RUNNING", NOON_MS, 2, "", NOON_MS, None, 30, 20)


def task(subtask: int, watermark_ms: int, **metrics: float) -> TaskFigures:
    known = {
        "numRecordsIn": 10, "numRecordsOut": 5, "numBytesIn": 0, "numBytesOut": 2048,
        "numRecordsInPerSecond": 1000.4, "numRecordsOutPerSecond": 0.4,
        "busyTimeMsPerSecond": 250.0, "idleTimeMsPerSecond": 0.0,
        "backPressuredTimeMsPerSecond": 750.0, "accumulateBusyTimeMs": 2500,
        "accumulateIdleTimeMs": 0, "accumulateBackPressuredTimeMs": 7500,
        "currentOutputWatermark": watermark_ms,
    }  # fmt: skip
    return TaskFigures(
        subtask, subtask, {**known, **metrics}, (OperatorFigures("Window", 10, 5, 2500, 3),)
    )


WINDOW = VertexFigures(
    "Window -> Sink",
    2,
    (task(0, NOON_MS - 5_000, busyTimeMsPerSecond=900.0), task(1, NOON_MS - 1_000)),
    "Source: clicks (2/2)",
)
FIGURES = JobFigures((WINDOW,), 30, 20, NOON_MS - 5_000, CostFigures("greedy", 2, 1, 0.25, 0.9, 0))
MEASURED = JobMeasured(job=JOB, figures=FIGURES, waited_ms=1500, now_ms=NOON_MS)


def shown(picture: Any) -> list[list[str]]:
    """Return lines as words of at least two blanks between them."""
    out = io.StringIO()
    Console(file=out, width=200, highlight=False).print(picture)
    return [
        [each.strip() for each in line.split("  ") if each] for line in out.getvalue().splitlines()
    ]


def test_a_running_job_has_a_line_for_each_chain() -> None:
    head, _, line = shown(table_of_running_job(MEASURED))
    assert head == ["clicks", "0" * 32, "RUNNING", "30 rows in, 20 out"]
    # rows add up; the busiest and the slowest subtask are what counts
    expected = ["Window -> Sink", "2", "2,001", "1", "90 %", "75 %"]
    assert line == [*expected, "2023-11-14 22:13:15", "5.0 s", "Source: clicks (2/2)"]


def test_a_job_that_waits_says_for_what() -> None:
    waiting = msgspec.structs.replace(JOB, status="CREATED", detail="waiting for 2 slots, 1 free")
    measured = JobMeasured(job=waiting, figures=JobFigures())
    (line,) = shown(table_of_running_job(measured))
    assert line[2] == "CREATED: waiting for 2 slots, 1 free"


def test_a_summary_has_operators_subtasks_and_the_cost_as_estimated_and_measured() -> None:
    lines = shown(summary_of_job(MEASURED))
    assert lines[1][0].endswith("waited 1.5 s, ran 0.0 s, 2 slots, 30 rows in, 20 out")
    assert ["Window", "20", "10", "5.00", "6"] in lines
    first = ["Window … (1/2)", "0", "10", "5", "0", "2,048", "2.50", "0.00", "7.50"]
    assert [*first, "2023-11-14 22:13:15"] in lines
    cost = "C 1.000 and W 0.250 cores estimated, C 0.900 and W 0.000 measured"
    assert lines[-1] == [f"placed by greedy on 2 workers: {cost}"]


def test_metrics_of_functions_stand_in_the_summary() -> None:
    tasks = [replace(each, metrics={**each.metrics, "Map.seen": 1234}) for each in WINDOW.tasks]
    figures = JobFigures((replace(WINDOW, tasks=tuple(tasks)),))
    lines = shown(summary_of_job(JobMeasured(job=JOB, figures=figures)))
    assert ["Map.seen", "1,234 1,234"] in lines


def test_figures_reach_the_client_as_they_are() -> None:
    end = task(0, 2**63 - 1)
    measured = JobMeasured(job=JOB, figures=JobFigures((VertexFigures("Window", 1, (end,)),)))
    read = msgspec.msgpack.decode(msgspec.msgpack.encode(measured), type=JobMeasured)
    assert read == measured
    assert read.figures.vertices[0].lowest("currentOutputWatermark") == 2**63 - 1
    assert ["Window (1/1)", "0", "10"] in [line[:3] for line in shown(summary_of_job(read))]
    assert shown(table_of_running_job(read))[2][-3:-1] == ["end", "-"]
