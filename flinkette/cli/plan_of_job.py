"""`flinkette info`: the plan of a program, without running it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flinkette.contracts.config import Configuration
    from flinkette.graph.stream_graph import StreamGraph

__all__ = ["show_plan"]


def show_plan(job: str, arguments: Sequence[str]) -> int:
    """Run a program up to its first ``execute`` and print the plan it would have run.

    Parameters
    ----------
    job : str
        Path of the file.
    arguments : sequence of str
        Its command line.

    Returns
    -------
    int
        Exit code: 0, or 1 if the program ended without a plan.
    """
    from flinkette.cli.job_file import run_job_file
    from flinkette.cli.pyflink_hook import serve_pyflink
    from flinkette.client import start

    found: list[str] = []

    def show(stream_graph: StreamGraph, configuration: Configuration, _job_name: str) -> NoReturn:
        from flinkette.client.settings import plan_options
        from flinkette.datastream.execution_plan import execution_plan

        found.append(execution_plan(stream_graph, plan_options(configuration).parallelism))
        sys.exit(0)

    replaced = {name: getattr(start, name) for name in ("execute", "start", "make_job")}
    for name in replaced:
        setattr(start, name, show)
    try:
        serve_pyflink()
        code = run_job_file(job, arguments)
    finally:
        for name, function in replaced.items():
            setattr(start, name, function)
    if not found:
        click.echo(f"{job} ended without execute(): there is no plan", err=True)
        return code or 1
    click.echo("----------------------- Execution Plan -----------------------")
    click.echo(found[0])
    click.echo("--------------------------------------------------------------")
    return 0
