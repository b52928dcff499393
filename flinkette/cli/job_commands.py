"""`flinkette top`, and `flinkette info` of a job: what the operators of a cluster's jobs do."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from flinkette.cli.cluster_commands import (
    client_of,
    errors_as_one_line,
    job_manager_option,
    settings_option,
)
from flinkette.contracts.errors import ClusterError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from flinkette.client.cluster_client import ClusterClient

__all__ = ["show_job", "top"]

_OVER = ("CANCELED", "FAILED", "FINISHED")
_WIDTH = 180
"""Where there is no terminal."""


@click.command()
@click.option("--once", is_flag=True, help="Print one picture and return.")
@click.option(
    "--interval",
    type=click.FloatRange(0.1),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between two pictures.",
)
@job_manager_option
@settings_option
@click.argument("job_id", metavar="[JOB]", required=False)
def top(
    *,
    once: bool,
    interval: float,
    jobmanager: str | None,
    settings: tuple[str, ...],
    job_id: str | None,
) -> None:
    """Watch the operators of JOB, or of all jobs that are not over; Ctrl-C ends it."""
    from rich.live import Live

    console = _console()
    with errors_as_one_line(), client_of(settings, jobmanager) as client:
        if once or not console.is_terminal:
            console.print(_picture(client, job_id))
            return
        try:
            with Live(_picture(client, job_id), console=console, auto_refresh=False) as live:
                while True:
                    time.sleep(interval)
                    live.update(_picture(client, job_id), refresh=True)
        except KeyboardInterrupt:
            return


def show_job(settings: tuple[str, ...], job_manager: str | None, job_id: str) -> None:
    """Print what a job of a cluster did until now, or until it was over.

    Parameters
    ----------
    settings : tuple of str
        KEY=VALUE, as on the command line.
    job_manager : str or None
        HOST:PORT of the JobManager.
    job_id : str
        The job, or the beginning of its id.
    """
    from flinkette.cli.job_tables import summary_of_job

    with errors_as_one_line(), client_of(settings, job_manager) as client:
        _console().print(summary_of_job(client.measured(_whole_id(client, job_id))))


def _picture(client: ClusterClient, job_id: str | None) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from flinkette.cli.job_tables import table_of_running_job

    if job_id is not None:
        chosen = [_whole_id(client, job_id)]
    else:
        chosen = [job.job_id for job in client.jobs() if job.status not in _OVER]
    if not chosen:
        return Text("No running jobs.")
    return Group(*(table_of_running_job(client.measured(each)) for each in chosen))


def _whole_id(client: ClusterClient, job_id: str) -> str:
    """Return the id that begins like this."""
    found = [job.job_id for job in client.jobs() if job.job_id.startswith(job_id)]
    if len(found) > 1:
        raise ClusterError(
            f"{len(found)} jobs have an id that begins with {job_id}; type more of it"
        )
    if not found:
        raise ClusterError(f"there is no job {job_id}; see: flinkette list -a")
    return found[0]


def _console() -> Console:
    from rich.console import Console

    return Console(
        highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _WIDTH
    )
