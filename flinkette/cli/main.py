"""The `flinkette` command."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from flinkette.cli.cluster_commands import (
    COMMANDS,
    errors_as_one_line,
    job_manager_option,
    settings_of,
)
from flinkette.cli.job_commands import show_job, top
from flinkette.cli.run_command import run

__all__ = ["main"]

_JOB_FILE = click.Path(exists=True, dir_okay=False)
_JOB_ID = re.compile("[0-9a-f]{1,32}")


@click.group()
@click.version_option(package_name="flinkette", prog_name="flinkette")
def main() -> None:
    """Stream processing for Python."""


@main.command()
@click.option("--portable", is_flag=True, help="List what does not run on Flink.")
@click.argument("jobs", nargs=-1, required=True, type=_JOB_FILE)
def lint(*, portable: bool, jobs: tuple[str, ...]) -> None:
    """Check JOBS, Python programs, without running them."""
    from flinkette.cli.portability import find_extensions

    if not portable:
        raise click.UsageError("say what to check: --portable")
    findings = [
        finding
        for job in jobs
        for finding in find_extensions(Path(job).read_text(encoding="utf-8"), job)
    ]
    for finding in findings:
        click.echo(str(finding))
    if findings:
        sys.exit(1)
    click.echo("no use of flinkette's own names found")


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("-p", "--parallelism", type=click.IntRange(1, 32768), help="Parallelism of the job.")
@click.option("-D", "settings", metavar="KEY=VALUE", multiple=True, help="A configuration key.")
@job_manager_option
@click.argument("job", metavar="JOB")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def info(
    parallelism: int | None,
    settings: tuple[str, ...],
    jobmanager: str | None,
    job: str,
    arguments: tuple[str, ...],
) -> None:
    """Show the plan of JOB, a Python program, as JSON, or what JOB, an id of a cluster's, did.

    A program is not run. An id may be cut short.
    """
    from flinkette.cli.configuration_file import load_configuration
    from flinkette.cli.plan_of_job import show_plan
    from flinkette.datastream.launch_options import set_launch_options

    if not Path(job).is_file():
        if not _JOB_ID.fullmatch(job):
            raise click.UsageError(f"{job!r} is neither a file nor the id of a job")
        if arguments:
            raise click.UsageError(f"options stand before the id: {' '.join(arguments)}")
        show_job(settings, jobmanager, job)
        return
    options = settings_of(settings, None)
    if parallelism is not None:
        options["parallelism.default"] = str(parallelism)
    with errors_as_one_line():
        set_launch_options(load_configuration(options).to_dict())
    sys.exit(show_plan(job, arguments))


for _command in (run, top, *COMMANDS):
    main.add_command(_command)

if __name__ == "__main__":
    main()
