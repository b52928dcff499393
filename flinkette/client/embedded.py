"""A job inside the calling process: one worker, stepped by whoever holds the job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flinkette.client.job import Job
from flinkette.client.settings import deploy_options
from flinkette.plan.job_metrics import JobMetrics
from flinkette.runtime.clock import SystemClock
from flinkette.runtime.counts import task_counts
from flinkette.runtime.deploy import deploy
from flinkette.runtime.garbage import look_as_before, look_less_often
from flinkette.runtime.long_calls import LongCalls
from flinkette.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from flinkette.contracts.config import Configuration
    from flinkette.metrics.figures import JobFigures
    from flinkette.metrics.task_counts import Counts
    from flinkette.plan.job_graph import JobGraph
    from flinkette.runtime.clock import Clock

__all__ = ["EmbeddedJob"]

SAMPLE_INTERVAL_NS = 500_000_000


class EmbeddedJob(Job):
    """Every subtask runs in the thread that steps the job."""

    def __init__(
        self,
        job_graph: JobGraph,
        configuration: Configuration,
        job_name: str,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(job_name)
        self._clock = SystemClock() if clock is None else clock
        settings = deploy_options(configuration, self._clock, is_bounded=job_graph.is_bounded)
        self.worker = Worker(deploy(job_graph, settings), self._clock)
        self._metrics = JobMetrics(job_graph)
        self._next_sample_ns = 0
        self._is_open = False
        self._long_call_ms = settings.long_call_ms
        self._long_calls: LongCalls | None = None

    def _advance(self) -> bool:
        if not self._is_open:
            look_less_often(self)
            self.worker.open()
            self._is_open = True
            self._long_calls = LongCalls(self.worker, self._long_call_ms, _warn)
            self._long_calls.start()
            self._next_sample_ns = self._clock.monotonic_ns() + SAMPLE_INTERVAL_NS
        has_worked = self.worker.step()
        if self._clock.monotonic_ns() >= self._next_sample_ns:
            self._sample()
        if self.worker.has_ended:
            self.worker.commit()
            return True
        if not has_worked:
            self.worker.park()
        return False

    def stop(self) -> None:
        self.worker.stop_sources()

    def counts(self) -> Counts:
        if self._is_open:
            self._sample()
        return self._metrics.counts

    def figures(self) -> JobFigures:
        return self._metrics.figures()

    def _figures_at_end(self) -> Callable[[], JobFigures]:
        # most results are never asked
        return self._metrics.figures

    def _sample(self) -> None:
        """Take what the subtasks counted, as the master of workers would."""
        self._next_sample_ns = self._clock.monotonic_ns() + SAMPLE_INTERVAL_NS
        self._metrics.take(task_counts(self.worker.subtasks))

    def _release(self) -> None:
        try:
            if self._long_calls is not None:
                self._long_calls.close()
            if self._is_open:
                self._sample()
        finally:
            try:
                self.worker.close()
            finally:
                look_as_before(self)


def _warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
