"""Asking a JobManager: one connection, questions with a deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flinkette.cluster import control_messages as control
from flinkette.cluster.addresses import Address, parse_address
from flinkette.cluster.keys import load_keys
from flinkette.cluster.rpc_client import Client
from flinkette.contracts import cluster_options as options

if TYPE_CHECKING:
    from types import TracebackType

    from flinkette.cluster.keys import Keys
    from flinkette.cluster.rpc import Received
    from flinkette.contracts.config import Configuration

__all__ = ["ClusterClient", "job_manager_address", "keys_of"]

ANSWER_TIMEOUT_S = 10.0
ROWS_TIMEOUT_S = 60.0
"""The job is over for a client that gives up, and the JobManager may be busy with other jobs."""
POLL_S = 0.1

_OVER = ("CANCELED", "FAILED", "FINISHED")


def job_manager_address(configuration: Configuration) -> Address:
    """Return where the JobManager listens."""
    host = configuration.get(options.JOB_MANAGER_ADDRESS)
    return parse_address(host, configuration.get(options.JOB_MANAGER_PORT))


def keys_of(configuration: Configuration, name: str | None = None) -> Keys | None:
    """Return the keys of this process, None if there are none configured."""
    folder = configuration.get(options.KEYS)
    if folder is None:
        return None
    return load_keys(folder, name or configuration.get(options.KEY_NAME))


class ClusterClient:
    """A connection to a JobManager. One thread at a time; close it, or use it in a `with`.

    Parameters
    ----------
    configuration : Configuration
        Address and keys.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._client = Client(
            job_manager_address(configuration), control.FromJobManager, keys_of(configuration)
        )

    @property
    def is_connected(self) -> bool:
        """Tell whether the connection has not been lost."""
        return self._client.losses == 0

    @property
    def address(self) -> Address:
        """Where the JobManager listens."""
        return self._client.address

    def submit(self, job: control.SubmitJob) -> None:
        """Hand over a job; raises ClusterError if it is not taken."""
        self._ask(job)

    def cancel(self, job_id: str) -> None:
        """Cancel a job; raises ClusterError if there is none, or it is over."""
        self._ask(control.CancelJob(job_id=job_id))

    def stop_sources(self, job_id: str) -> None:
        """End a job's sources where they are."""
        self._ask(control.StopJob(job_id=job_id))

    def jobs(self) -> list[control.JobLine]:
        """Return all jobs that are remembered."""
        answer: control.JobList = self._ask(control.ListJobs())
        return answer.jobs

    def job(self, job_id: str) -> control.JobLine:
        """Return one job."""
        answer: control.JobList = self._ask(control.DescribeJob(job_id=job_id))
        return answer.jobs[0]

    def measured(self, job_id: str) -> control.JobMeasured:
        """Return what a job's operators did."""
        answer: control.JobMeasured = self._ask(control.MeasureJob(job_id=job_id))
        return answer

    def wait_until_over(self, job_id: str) -> control.JobLine:
        """Wait until a job has ended, however, and return it."""
        while (job := self.job(job_id)).status not in _OVER:
            self.receive(POLL_S)
        return job

    def status(self, timeout_s: float = ANSWER_TIMEOUT_S) -> control.ClusterStatus:
        """Return the cluster at a glance."""
        answer: control.ClusterStatus = self._ask(control.DescribeCluster(), timeout_s)
        return answer

    def stop_cluster(self) -> int:
        """End JobManager and task managers; return the JobManager's process id."""
        answer: control.Done = self._ask(control.StopCluster())
        return int(answer.text)

    def fetch_rows(self, job_id: str) -> control.JobRows:
        """Return rows of a job's collecting sinks, after a moment none if there are none."""
        answer: control.JobRows = self._ask(control.FetchRows(job_id=job_id), ROWS_TIMEOUT_S)
        return answer

    def receive(self, timeout_s: float) -> list[Received]:
        """Return what the JobManager tells of attached jobs."""
        return self._client.receive(timeout_s)

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def __enter__(self) -> ClusterClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, message: Any, timeout_s: float = ANSWER_TIMEOUT_S) -> Any:
        return self._client.ask(message, timeout_s)
