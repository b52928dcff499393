"""What a person sees of a long job: one live line on a terminal, a summary on Ctrl-C."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

from flinkette.exchange.element import MAX_WATERMARK_MS, MIN_WATERMARK_MS

if TYPE_CHECKING:
    from flinkette.client.job import Job
    from flinkette.metrics.figures import JobFigures

__all__ = ["Progress", "watermark_text"]

FIRST_LINE_AFTER_S = 2.0
INTERVAL_S = 0.5


class Progress:
    """Writes to a terminal's stderr; silent anywhere else."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._next_s = time.monotonic() + FIRST_LINE_AFTER_S
        self._width = 0
        self.was_shown = False
        """Whether the job took long enough for a line."""

    @classmethod
    def for_terminal(cls) -> Progress:
        """Progress on stderr if that is a terminal."""
        stream = sys.stderr
        return cls(stream if stream is not None and stream.isatty() else None)

    def update(self, job: Job) -> None:
        """Refresh the line when it is time."""
        if self._stream is None or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + INTERVAL_S
        line = describe(job)
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)
        self.was_shown = True

    def clear(self) -> None:
        """Remove the line."""
        if self._stream is not None and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def summarise(self, job: Job, *, is_interrupted: bool) -> None:
        """Write what the job did; used when a person stopped it, or had to wait for it."""
        stream = self._stream or sys.stderr
        reason = "stopped by Ctrl-C" if is_interrupted else "finished"
        stream.write(f"{job.name}: {reason}. {describe(job)}\n")
        for line in (busiest_text(job.figures()), job.details_command):
            if line:
                stream.write(f"  {line}\n")


def describe(job: Job) -> str:
    """One line: rows in and out, rows/s, watermark, elapsed."""
    counts = job.counts()
    elapsed_s = max(time.monotonic() - job.started_s, 1e-9)
    watermark = "-" if counts.watermark_ms is None else watermark_text(counts.watermark_ms)
    return (
        f"{counts.rows_in:,} rows in, {counts.rows_out:,} out, "
        f"{counts.rows_in / elapsed_s:,.0f} rows/s, watermark {watermark}, {elapsed_s:.0f} s"
    )


def busiest_text(figures: JobFigures) -> str:
    """One line: the operator that worked most, and the cost of the placement; empty if unknown."""
    operators = [each for vertex in figures.vertices for each in vertex.operators]
    if not operators:
        return ""
    busiest = max(operators, key=lambda each: each.busy_ms)
    text = f"busiest: {busiest.name}, {busiest.busy_ms / 1000:.1f} s"
    cost = figures.cost
    if cost is not None and cost.compute_measured is not None:
        text += (
            f"; {cost.compute_measured:.2f} cores in the fullest of {cost.workers} "
            f"{'worker' if cost.workers == 1 else 'workers'}"
        )
    return text


def watermark_text(time_ms: int) -> str:
    """Write a watermark as people read times."""
    if time_ms == MIN_WATERMARK_MS:
        return "-"
    if time_ms == MAX_WATERMARK_MS:
        return "end"
    from datetime import datetime, timedelta

    try:
        moment = datetime(1970, 1, 1) + timedelta(milliseconds=time_ms)  # noqa: DTZ001
    except OverflowError:
        return f"{time_ms} ms"
    return moment.isoformat(sep=" ", timespec="seconds")
