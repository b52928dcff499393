"""`flinkette jobmanager`, `taskmanager`, `cluster …`, `list`, `cancel`: Flink's flags and words."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flinkette.contracts.errors import FlinketteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flinkette.client.cluster_client import ClusterClient
    from flinkette.cluster.control_messages import JobLine
    from flinkette.contracts.config import Configuration

__all__ = [
    "COMMANDS",
    "client_of",
    "errors_as_one_line",
    "job_manager_option",
    "key_and_value",
    "settings_of",
    "settings_option",
]

_RUNNING = ("RUNNING", "RESTARTING", "FAILING", "CANCELLING")
_SCHEDULED = ("CREATED",)

settings_option = click.option(
    "-D", "settings", metavar="KEY=VALUE", multiple=True, help="A configuration key."
)
job_manager_option = click.option(
    "-m", "--jobmanager", metavar="HOST:PORT", help="Where the JobManager listens."
)


def key_and_value(setting: str) -> tuple[str, str]:
    """Take `KEY=VALUE` apart."""
    key, equals, value = setting.partition("=")
    if not equals or not key.strip():
        raise click.BadParameter(f"{setting!r} is not KEY=VALUE", param_hint="-D")
    return key.strip(), value.strip()


def settings_of(settings: tuple[str, ...], job_manager: str | None) -> dict[str, str]:
    """Return the keys that a command line sets."""
    from flinkette.cluster.addresses import parse_address

    values = dict(key_and_value(setting) for setting in settings)
    if job_manager is not None:
        address = parse_address(job_manager)
        values["jobmanager.rpc.address"] = str(address) if address.path else address.host
        values["jobmanager.rpc.port"] = str(address.port)
    return values


def _configuration(settings: dict[str, str]) -> Configuration:
    from flinkette.cli.configuration_file import load_configuration

    return load_configuration(settings)


@contextmanager
def errors_as_one_line() -> Iterator[None]:
    """Show errors of ours as one line: their text says what to do."""
    try:
        yield
    except FlinketteError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@settings_option
def jobmanager(settings: tuple[str, ...]) -> None:
    """Be a JobManager: takes jobs and gives them slots."""
    from flinkette.cli.cluster_processes import run_job_manager

    with errors_as_one_line():
        run_job_manager(_configuration(settings_of(settings, None)), click.echo)


@click.command()
@click.option("--slots", type=click.IntRange(1, 32768), help="How many slots it offers.")
@job_manager_option
@settings_option
def taskmanager(slots: int | None, jobmanager: str | None, settings: tuple[str, ...]) -> None:
    """Be a TaskManager: runs parts of jobs on this machine."""
    from flinkette.cli.cluster_processes import run_task_manager

    with errors_as_one_line():
        values = settings_of(settings, jobmanager)
        if slots is not None:
            values["taskmanager.numberOfTaskSlots"] = str(slots)
        run_task_manager(_configuration(values), click.echo)


@click.group()
def cluster() -> None:
    """Start, stop and look at a cluster."""


@cluster.command()
@click.option("--taskmanagers", type=click.IntRange(0), help="How many on this machine.")
@click.option("--slots", type=click.IntRange(1, 32768), help="Slots of each.")
@click.option("--log-dir", type=click.Path(file_okay=False, path_type=Path), help="For the logs.")
@settings_option
def start(
    taskmanagers: int | None, slots: int | None, log_dir: Path | None, settings: tuple[str, ...]
) -> None:
    """Start a JobManager and task managers on this machine, in the background."""
    from flinkette.cli.cluster_processes import start_cluster

    values = settings_of(settings, None)
    if taskmanagers is not None:
        values["minicluster.number-of-taskmanagers"] = str(taskmanagers)
    if slots is not None:
        values["taskmanager.numberOfTaskSlots"] = str(slots)
    with errors_as_one_line():
        configuration = _configuration(values)
        logs = log_dir or Path(
            configuration.get_string("env.log.dir", str(Path.home() / ".flinkette" / "log"))
        )
        start_cluster(configuration, values, logs, click.echo)


@cluster.command()
@job_manager_option
@settings_option
def stop(jobmanager: str | None, settings: tuple[str, ...]) -> None:
    """Stop the JobManager and all of its task managers; running jobs are cancelled."""
    from flinkette.cli.cluster_processes import stop_cluster

    with errors_as_one_line():
        stop_cluster(_configuration(settings_of(settings, jobmanager)), click.echo)


@cluster.command()
@job_manager_option
@settings_option
def status(jobmanager: str | None, settings: tuple[str, ...]) -> None:
    """Show task managers, slots and jobs."""
    with errors_as_one_line(), client_of(settings, jobmanager) as client:
        found = client.status()
        running = [job for job in found.jobs if job.status in _RUNNING]
        click.echo(
            f"JobManager {client.address}, process {found.process}, up since "
            f"{_when(found.started_ms)}\n"
            f"{len(found.task_managers)} task managers, {found.total_slots} slots, "
            f"{found.free_slots} free; {len(running)} of {len(found.jobs)} jobs running"
        )
        for each in found.task_managers:
            click.echo(
                f"  {each.task_manager}  {each.host}  process {each.process}  {each.slots} slots, "
                f"{each.free} free  heard {each.silent_ms / 1000:.1f} s ago"
            )
        for job in found.jobs:
            detail = f": {job.detail}" if job.detail else ""
            click.echo(
                f"  {job.job_id}  {job.name}  {job.status}  {job.slots} slots  "
                f"{job.rows_in} rows in, {job.rows_out} out{detail}"
            )


@cluster.command()
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("flinkette-keys"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--name", default="node", show_default=True, help="Name of the node's key.")
def keygen(directory: Path, name: str) -> None:
    """Make the keys that let machines talk to each other."""
    from flinkette.cluster.keys import make_keys

    with errors_as_one_line():
        for file in make_keys(directory, name):
            click.echo(f"Wrote {file}")
        click.echo(
            f"Copy the folder to each machine and set flinkette.security.keys: "
            f"{directory.resolve()}"
        )


@click.command("list")
@click.option("-r", "--running", is_flag=True, help="Running jobs only.")
@click.option("-s", "--scheduled", is_flag=True, help="Jobs that wait only.")
@click.option("-a", "--all", "is_all", is_flag=True, help="Also jobs that are over.")
@job_manager_option
@settings_option
def list_jobs(
    *,
    running: bool,
    scheduled: bool,
    is_all: bool,
    jobmanager: str | None,
    settings: tuple[str, ...],
) -> None:
    """List jobs."""
    with errors_as_one_line(), client_of(settings, jobmanager) as client:
        click.echo("Waiting for response...")
        jobs = client.jobs()
    is_default = not running and not scheduled
    if running or is_default or is_all:
        _block("Running/Restarting Jobs", "No running jobs.", jobs, _RUNNING.__contains__)
    if scheduled or is_default or is_all:
        _block("Scheduled/Initializing Jobs", "No scheduled jobs.", jobs, _SCHEDULED.__contains__)
    if is_all:
        _block(
            "Terminated Jobs",
            "No terminated jobs.",
            jobs,
            lambda state: state not in (*_RUNNING, *_SCHEDULED),
        )


@click.command()
@job_manager_option
@settings_option
@click.argument("job_id", metavar="JOB")
def cancel(jobmanager: str | None, settings: tuple[str, ...], job_id: str) -> None:
    """Cancel JOB, given by its id; what it has not committed is dropped."""
    with errors_as_one_line(), client_of(settings, jobmanager) as client:
        click.echo(f"Cancelling job {job_id}.")
        client.cancel(job_id)
        client.wait_until_over(job_id)
    click.echo(f"Cancelled job {job_id}.")


@click.command("stop")
@click.option("-p", "--savepointPath", "savepoint", help="Not there yet: there are no savepoints.")
@click.option("-d", "--drain", is_flag=True, help="Taken for Flink's sake: sources end anyway.")
@job_manager_option
@settings_option
@click.argument("job_id", metavar="JOB")
def stop_job(
    *,
    savepoint: str | None,
    drain: bool,  # noqa: ARG001 - what a drain means is what happens
    jobmanager: str | None,
    settings: tuple[str, ...],
    job_id: str,
) -> None:
    """End the sources of JOB, given by its id, and commit what was read."""
    if savepoint is not None:
        raise click.UsageError("savepoints come with checkpointing; leave --savepointPath out")
    with errors_as_one_line(), client_of(settings, jobmanager) as client:
        click.echo(f'Draining job "{job_id}" without a savepoint.')
        client.stop_sources(job_id)
        status = client.wait_until_over(job_id).status
        if status != "FINISHED":
            raise click.ClickException(f"job {job_id} is {status}; see: flinkette list -a")
    click.echo(f"Stopped job {job_id}.")


def client_of(settings: tuple[str, ...], job_manager: str | None) -> ClusterClient:
    """Return a connection to the JobManager that a command line names."""
    from flinkette.client.cluster_client import ClusterClient

    return ClusterClient(_configuration(settings_of(settings, job_manager)))


def _block(title: str, nothing: str, jobs: list[JobLine], belongs: Callable[[str], bool]) -> None:
    """Print one kind of jobs as Flink does: oldest first, one line each."""
    chosen = sorted((job for job in jobs if belongs(job.status)), key=lambda job: job.submitted_ms)
    if not chosen:
        click.echo(nothing)
        return
    click.echo(f"------------------ {title} -------------------")
    for job in chosen:
        detail = f" [{job.detail}]" if job.detail else ""
        click.echo(f"{_when(job.submitted_ms)} : {job.job_id} : {job.name} ({job.status}){detail}")
    click.echo("--------------------------------------------------------------")


def _when(at_ms: int) -> str:
    return time.strftime("%d.%m.%Y %H:%M:%S", time.localtime(at_ms / 1000))


COMMANDS = (jobmanager, taskmanager, cluster, list_jobs, cancel, stop_job)
