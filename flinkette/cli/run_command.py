"""`flinkette run`: a program on this machine or on a cluster, with Flink's flags."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flinkette.cli.cluster_commands import errors_as_one_line, settings_of
from flinkette.cli.python_flags import (
    apply_python_flags,
    python_flags,
    start_in_client_interpreter,
)

__all__ = ["run"]


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("-p", "--parallelism", type=click.IntRange(1, 32768), help="Parallelism of the job.")
@click.option("--workers", type=click.IntRange(1), help="Worker processes; 1 runs in this process.")
@click.option("-m", "--jobmanager", metavar="HOST:PORT", help="Run it on the cluster there.")
@click.option("-d", "--detached", is_flag=True, help="Submit it to the cluster and return.")
@click.option(
    "-t", "--target", type=click.Choice(["local", "remote"]), help="Here, or on the cluster."
)
@click.option("-s", "--fromSavepoint", "savepoint", help="Not there yet: there are no savepoints.")
@click.option("-D", "settings", metavar="KEY=VALUE", multiple=True, help="A configuration key.")
@python_flags
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[JOB] [ARGUMENTS]...")
def run(
    *,
    parallelism: int | None,
    workers: int | None,
    jobmanager: str | None,
    detached: bool,
    target: str | None,
    savepoint: str | None,
    settings: tuple[str, ...],
    arguments: tuple[str, ...],
    python: str | None,
    py_module: str | None,
    py_client_executable: str | None,
    **flags: str | None,
) -> None:
    """Run JOB, a Python program, with ARGUMENTS. It may import pyflink or flinkette.

    Keys of config.yaml are defaults; what the command line and the program set wins.
    """
    from flinkette.cli.configuration_file import load_configuration
    from flinkette.cli.job_file import run_job_file, run_job_module
    from flinkette.cli.pyflink_hook import serve_pyflink
    from flinkette.datastream.launch_options import set_launch_options

    if savepoint is not None:
        raise click.UsageError("savepoints come with checkpointing; leave --fromSavepoint out")
    program, arguments = _program(python, py_module, arguments)
    start_in_client_interpreter(py_client_executable)
    options = {**apply_python_flags(flags), **settings_of(settings, jobmanager)}
    if jobmanager is not None or detached:
        options.setdefault("execution.target", "remote")
        options["execution.attached"] = str(not detached).lower()
    named = {
        "execution.target": target,
        "parallelism.default": parallelism,
        "flinkette.execution.workers": workers,
    }
    options.update({key: str(value) for key, value in named.items() if value is not None})
    with errors_as_one_line():
        set_launch_options(load_configuration(options).to_dict())
    serve_pyflink()
    run_program = run_job_file if py_module is None else run_job_module
    sys.exit(run_program(program, arguments))


def _program(
    python: str | None, module: str | None, arguments: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """Return the file or the module to run, and its command line."""
    if python is not None and module is not None:
        raise click.UsageError("--python and --pyModule both name the program; give one of them")
    if module is not None:
        return module, arguments
    if python is None:
        if not arguments:
            raise click.UsageError("Missing argument 'JOB': the program to run")
        python, *rest = arguments
        arguments = tuple(rest)
    if not Path(python).is_file():
        raise click.UsageError(f"the program {python!r} is not a file")
    return python, arguments
