"""Tables of what jobs do and did, for people: `flinkette info <job>` and `flinkette top`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from flinkette.client.progress import watermark_text
from flinkette.exchange.element import MAX_WATERMARK_MS, MIN_WATERMARK_MS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from flinkette.cluster.control_messages import JobLine, JobMeasured
    from flinkette.metrics.figures import JobFigures, VertexFigures

__all__ = ["summary_of_job", "table_of_running_job"]


def summary_of_job(measured: JobMeasured) -> RenderableType:
    """Show what a job did until now, or until it was over."""
    job, figures = measured.job, measured.figures
    parts: list[RenderableType] = [Text(_life(measured))]
    if job.detail:
        parts.append(Text(job.detail))
    if figures.vertices:
        parts += [_operators(figures), _subtasks(figures)]
        made = [item for vertex in figures.vertices for item in vertex.of_functions().items()]
        if made:
            parts.append(_of_functions(made))
        parts.append(Text(_cost(figures)))
    return Group(*parts)


def table_of_running_job(measured: JobMeasured) -> RenderableType:
    """Show what a job does now: one line for each chain."""
    job, figures = measured.job, measured.figures
    table = _table(
        "operators", "", "rows/s in", "rows/s out", "busy", "back-pressured", "watermark", "lag",
        "waits for",
    )  # fmt: skip
    for vertex in figures.vertices:
        watermark_ms = vertex.lowest("currentOutputWatermark")
        table.add_row(
            vertex.name,
            str(vertex.parallelism),
            _number(vertex.total("numRecordsInPerSecond")),
            _number(vertex.total("numRecordsOutPerSecond")),
            _share(vertex.largest("busyTimeMsPerSecond")),
            _share(vertex.largest("backPressuredTimeMsPerSecond")),
            "-" if watermark_ms is None else watermark_text(int(watermark_ms)),
            _lag(watermark_ms, measured.now_ms),
            vertex.held_back_by,
        )
    detail = f": {job.detail}" if job.detail else ""
    head = f"{job.name}  {job.job_id}  {job.status}{detail}  {_rows(job)}"
    return Group(Text(head), table) if figures.vertices else Text(head)


def _life(measured: JobMeasured) -> str:
    job = measured.job
    end_ms = measured.now_ms if job.ended_ms is None else job.ended_ms
    ran = "not started"
    if job.started_ms is not None:
        ran = f"ran {(end_ms - job.started_ms) / 1000:.1f} s"
    submitted = time.strftime("%d.%m.%Y %H:%M:%S", time.localtime(job.submitted_ms / 1000))
    return (
        f"{job.name}  {job.job_id}  {job.status}\n"
        f"submitted {submitted}, waited {measured.waited_ms / 1000:.1f} s, {ran}, "
        f"{job.slots} slots, {_rows(job)}"
    )


def _operators(figures: JobFigures) -> Table:
    table = _table("operator", "rows in", "rows out", "busy s", "late rows")
    for vertex in figures.vertices:
        for each in vertex.operators:
            table.add_row(
                each.name,
                _number(each.rows_in),
                _number(each.rows_out),
                f"{each.busy_ms / 1000:.2f}",
                "-" if each.late_rows is None else _number(each.late_rows),
            )
        table.add_section()
    return table


def _subtasks(figures: JobFigures) -> Table:
    table = _table(
        "subtask", "worker", "rows in", "rows out", "bytes in", "bytes out", "busy s", "idle s",
        "back-pressured s", "watermark",
    )  # fmt: skip
    for vertex in figures.vertices:
        for task in vertex.tasks:
            metrics = task.metrics
            watermark_ms = metrics.get("currentOutputWatermark")
            table.add_row(
                f"{_short(vertex)} ({task.subtask + 1}/{vertex.parallelism})",
                str(task.worker),
                *(
                    _number(metrics[name])
                    for name in ("numRecordsIn", "numRecordsOut", "numBytesIn", "numBytesOut")
                ),
                *(
                    f"{metrics[f'accumulate{state}TimeMs'] / 1000:.2f}"
                    for state in ("Busy", "Idle", "BackPressured")
                ),
                "-" if watermark_ms is None else watermark_text(int(watermark_ms)),
            )
        table.add_section()
    return table


def _of_functions(made: list[tuple[str, list[int | float]]]) -> Table:
    table = _table("metric of functions", "by subtask")
    for name, values in made:
        table.add_row(name, " ".join(f"{value:,.10g}" for value in values))
    return table


def _cost(figures: JobFigures) -> str:
    cost = figures.cost
    if cost is None:
        return ""
    text = (
        f"placed by {cost.strategy} on {cost.workers} "
        f"{'worker' if cost.workers == 1 else 'workers'}: "
        f"C {cost.compute_estimated:.3f} and W {cost.network_estimated:.3f} cores estimated"
    )
    if cost.compute_measured is not None and cost.network_measured is not None:
        text += f", C {cost.compute_measured:.3f} and W {cost.network_measured:.3f} measured"
    return text


def _table(*columns: str) -> Table:
    """Return a table whose first column is text, the others figures."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(columns[0], overflow="fold")
    for column in columns[1:]:
        is_text = column == "waits for"
        table.add_column(column, justify="left" if is_text else "right", no_wrap=not is_text)
    return table


def _short(vertex: VertexFigures) -> str:
    """Return the first operator's name, which tells chains apart."""
    first, arrow, _ = vertex.name.partition(" -> ")
    return f"{first}{' …' if arrow else ''}"


def _rows(job: JobLine) -> str:
    return f"{job.rows_in:,} rows in, {job.rows_out:,} out"


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _share(ms_per_second: float) -> str:
    return f"{ms_per_second / 10:.0f} %"


def _lag(watermark_ms: int | float | None, now_ms: int) -> str:
    """Return how far a watermark is behind the clock."""
    if watermark_ms is None or watermark_ms in (MIN_WATERMARK_MS, MAX_WATERMARK_MS):
        return "-"
    lag_s = (now_ms - watermark_ms) / 1000
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if abs(lag_s) >= 2 * seconds:
            return f"{lag_s / seconds:,.0f} {unit}"
    return f"{lag_s:.1f} s"
