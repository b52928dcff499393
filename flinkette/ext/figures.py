"""What the operators of a job did, from the handle of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flinkette.client.job import ThreadedJobClient
from flinkette.contracts.errors import InvalidTypeError
from flinkette.contracts.job import JobExecutionResult

if TYPE_CHECKING:
    from flinkette.contracts.job import JobClient
    from flinkette.metrics.figures import JobFigures

__all__ = ["job_figures"]


def job_figures(handle: JobClient | JobExecutionResult) -> JobFigures:
    """Return what a job's operators and subtasks did so far.

    Parameters
    ----------
    handle : JobClient or JobExecutionResult
        What `execute_async()` or `execute()` returned. Any thread may ask.

    Returns
    -------
    JobFigures
        Vertices with their subtasks, whose `metrics` have Flink's names (`numRecordsIn`,
        `busyTimeMsPerSecond`, `currentInputWatermark`, …) and are at most half a second old;
        operators with rows and busy time; what the placement costs.

    Raises
    ------
    InvalidTypeError
        If it is no handle of a job.

    Examples
    --------
    >>> from flinkette.datastream import StreamExecutionEnvironment
    >>> from flinkette.ext.sinks import BlackholeSink
    >>> env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    >>> _ = env.from_collection([1, 2, 3]).filter(lambda row: row > 1).sink_to(BlackholeSink())
    >>> figures = job_figures(env.execute())
    >>> [(each.name, each.rows_in, each.rows_out) for each in figures.vertices[0].operators][1]
    ('Filter', 3, 2)
    """
    if isinstance(handle, ThreadedJobClient):
        return handle.figures()
    if isinstance(handle, JobExecutionResult) and handle._figures is not None:
        figures: JobFigures = handle._figures()
        return figures
    raise InvalidTypeError(
        f"job_figures() takes what execute() or execute_async() returned, got {handle!r}"
    )
