"""From a program to a running job: in this process, or on worker processes of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.client.embedded import EmbeddedJob
from flinkette.client.job import ThreadedJobClient
from flinkette.client.progress import Progress
from flinkette.client.settings import plan_options
from flinkette.contracts import options
from flinkette.contracts.cluster_options import TARGET
from flinkette.plan.execution_graph import ExecutionGraph
from flinkette.plan.job_graph import build_job_graph
from flinkette.plan.workers import num_workers
from flinkette.runtime.cores import available_cores

if TYPE_CHECKING:
    from flinkette.client.job import Job
    from flinkette.contracts.config import Configuration
    from flinkette.contracts.job import JobClient, JobExecutionResult
    from flinkette.graph.stream_graph import StreamGraph

__all__ = ["execute", "make_job", "start"]


def make_job(stream_graph: StreamGraph, configuration: Configuration, job_name: str) -> Job:
    """Make the job of a program; nothing runs before its first step."""
    job_graph = build_job_graph(stream_graph, plan_options(configuration))
    if configuration.get(TARGET) == "remote":
        from flinkette.client.remote import RemoteJob

        is_attached = configuration.get_boolean("execution.attached", default_value=True)
        return RemoteJob(job_graph, configuration, job_name, is_attached=is_attached)
    workers = num_workers(
        configuration.get(options.WORKERS),
        ExecutionGraph(job_graph),
        configuration.get(options.PARALLELISM),
        available_cores(),
    )
    if workers == 1:
        return EmbeddedJob(job_graph, configuration, job_name)
    from flinkette.client.local import LocalJob

    return LocalJob(job_graph, configuration, job_name, workers)


def execute(
    stream_graph: StreamGraph, configuration: Configuration, job_name: str
) -> JobExecutionResult:
    """Run a program to its end in the calling thread."""
    job = make_job(stream_graph, configuration, job_name)
    job.run(Progress.for_terminal())
    return job.result()


def start(stream_graph: StreamGraph, configuration: Configuration, job_name: str) -> JobClient:
    """Run a program in a thread of its own and return at once."""
    return ThreadedJobClient(make_job(stream_graph, configuration, job_name))
