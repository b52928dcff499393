"""A job inside the calling process: one worker, stepped by whoever holds the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.client.job import Job
from flinkette.client.settings import deploy_options
from flinkette.runtime.clock import SystemClock
from flinkette.runtime.counts import counts_of
from flinkette.runtime.deploy import deploy
from flinkette.runtime.worker import Worker

if TYPE_CHECKING:
    from flinkette.contracts.config import Configuration
    from flinkette.plan.job_graph import JobGraph
    from flinkette.runtime.clock import Clock
    from flinkette.runtime.counts import Counts

__all__ = ["EmbeddedJob"]


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
        self._is_open = False

    def _advance(self) -> bool:
        if not self._is_open:
            self._is_open = True
            self.worker.open()
        has_worked = self.worker.step()
        if self.worker.has_ended:
            self.worker.commit()
            return True
        if not has_worked:
            self.worker.park()
        return False

    def stop(self) -> None:
        self.worker.stop_sources()

    def counts(self) -> Counts:
        return counts_of(self.worker)

    def _release(self) -> None:
        self.worker.close()
