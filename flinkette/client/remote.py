"""A job on a cluster: handed to a JobManager, followed from here or left alone."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flinkette.client.cluster_client import ClusterClient
from flinkette.client.job import Job
from flinkette.client.settings import deploy_options
from flinkette.cluster.control_messages import JobChanged, JobOutput, SubmitJob
from flinkette.cluster.mailed_rows import ReceivedRows
from flinkette.cluster.payload import make_program
from flinkette.cluster.remote_errors import decode_error
from flinkette.cluster.worker_process import collecting_sinks
from flinkette.contracts import options
from flinkette.contracts.cluster_options import JOB_PRIORITY, SHARE_GROUP
from flinkette.contracts.errors import (
    ClusterError,
    JobCancelledError,
    JobExecutionError,
    UnsupportedFeatureError,
)
from flinkette.contracts.job import JobStatus
from flinkette.metrics.figures import JobFigures
from flinkette.metrics.task_counts import Counts
from flinkette.runtime.clock import SystemClock

if TYPE_CHECKING:
    from flinkette.contracts.config import Configuration
    from flinkette.plan.job_graph import JobGraph

__all__ = ["RemoteJob"]

WAIT_S = 0.5


class RemoteJob(Job):
    """Subtasks run on task managers; a client that is attached and goes away ends the job."""

    def __init__(
        self,
        job_graph: JobGraph,
        configuration: Configuration,
        job_name: str,
        *,
        is_attached: bool,
    ) -> None:
        super().__init__(job_name)
        self._buffers = [sink.buffer for _, sink in collecting_sinks(job_graph)]
        self._rows = ReceivedRows()
        self._has_all_rows = not self._buffers
        if self._buffers and not is_attached:
            raise UnsupportedFeatureError(
                "execute_and_collect() hands rows to this program, which a detached job does not "
                "wait for; leave -d (execution.attached: false) out, or write them to a sink"
            )
        settings = deploy_options(configuration, SystemClock(), is_bounded=job_graph.is_bounded)
        self._submission = SubmitJob(
            job_id=str(self.job_id),
            name=job_name,
            program=make_program(job_graph, settings),
            import_path=[str(Path(entry).absolute()) for entry in sys.path],
            folder=str(Path.cwd()),
            dependencies={
                key: value
                for key, value in configuration.to_dict().items()
                if key in ("python.files", "python.requirements", "python.archives")
            },
            priority=configuration.get(JOB_PRIORITY),
            share_group=configuration.get(SHARE_GROUP),
            is_attached=is_attached,
            strategy=configuration.get(options.SCHEDULER_STRATEGY),
            ring_budget_bytes=configuration.get(options.NETWORK_MEMORY),
            arguments=list(sys.argv),
        )
        self._configuration = configuration
        self._client = ClusterClient(configuration)
        self.details_command = f"details: flinkette info -m {self._client.address} {self.job_id}"
        self._is_submitted = False
        self._news: JobChanged | None = None
        self._figures = JobFigures()

    def _advance(self) -> bool:
        if not self._is_submitted:
            self._client.submit(self._submission)
            self._is_submitted = True
            print(f"Job has been submitted with JobID {self.job_id}", flush=True)
            return not self._submission.is_attached
        if not self._has_all_rows:
            self._fetch_rows()
        for received in self._client.receive(WAIT_S if self._has_all_rows else 0):
            message = received.message
            if isinstance(message, JobOutput):
                stream = sys.stderr if message.is_error else sys.stdout
                stream.write(message.text)
                stream.flush()
            elif isinstance(message, JobChanged):
                self._news = message
        if self._news is not None and self._has_ended(self._news) and self._has_all_rows:
            self._figures = self._client.measured(str(self.job_id)).figures
            return True
        if not self._client.is_connected:
            raise ClusterError(
                f"the connection to the JobManager at {self._client.address} was lost; the job "
                "ends with it"
            )
        return False

    def _fetch_rows(self) -> None:
        """Move rows of collecting sinks to the program, unless it has not kept up."""
        if any(buffer.is_full for buffer in self._buffers):
            return
        answer = self._client.fetch_rows(str(self.job_id))
        for sink, batch in self._rows.read(answer.frames):
            self._buffers[sink].put(batch)
        self._has_all_rows = answer.is_over

    def _has_ended(self, news: JobChanged) -> bool:
        """Tell whether the job has finished; raises what it failed of."""
        status = JobStatus[news.status]
        if status is JobStatus.FAILED:
            if news.error is not None:
                raise decode_error(news.error)
            raise JobExecutionError(f"job {self.name!r} ({self.job_id}) failed: {news.detail}")
        if status is JobStatus.CANCELED:
            raise JobCancelledError(f"job {self.name!r} ({self.job_id}) was cancelled")
        return status is JobStatus.FINISHED

    def stop(self) -> None:
        self._client.stop_sources(str(self.job_id))

    def counts(self) -> Counts:
        news = self._news
        return Counts() if news is None else Counts(news.rows_in, news.rows_out, news.watermark_ms)

    def figures(self) -> JobFigures:
        if not self._is_submitted or self._is_closed:
            return self._figures
        # a connection of its own: that of the job belongs to the thread that steps it
        with ClusterClient(self._configuration) as client:
            return client.measured(str(self.job_id)).figures

    def _release(self) -> None:
        try:
            if self._is_submitted and self.status is JobStatus.CANCELED:
                # one that has ended meanwhile is no trouble, one that is not reached sees that
                # its client is gone
                with suppress(ClusterError):
                    self._client.cancel(str(self.job_id))
        finally:
            self._client.close()
