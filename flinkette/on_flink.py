"""Runs a flinkette program on Apache Flink: `python -m flinkette.on_flink job.py args...`.

Serves `flinkette.common`, `flinkette.datastream` and `flinkette.table` from `pyflink.*` in this
process; apache-flink must be installed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

from flinkette.cli.job_file import run_job_file
from flinkette.cli.pyflink_hook import AliasFinder

__all__ = ["main", "serve_flinkette"]


def serve_flinkette() -> AliasFinder:
    """Serve `flinkette.*` from `pyflink.*` in this process.

    Returns
    -------
    AliasFinder
        Its `uninstall` ends it.
    """
    kept = ("flinkette.cli", "flinkette.on_flink")
    finder = AliasFinder("flinkette", "pyflink", _missing_in_pyflink, has_root=False, kept=kept)
    finder.install()
    return finder


def _missing_in_pyflink(fullname: str) -> str:
    return (
        f"{fullname} is flinkette's own, and PyFlink has nothing like it; "
        "`flinkette lint --portable` lists all such places of a program"
    )


def main() -> int:
    """Run the job file named on the command line.

    Returns
    -------
    int
        Exit code.
    """
    if len(sys.argv) < 2:
        sys.stderr.write("usage: python -m flinkette.on_flink job.py [args...]\n")
        return 2
    if find_spec("pyflink") is None:
        sys.stderr.write("flinkette.on_flink needs PyFlink: pip install apache-flink\n")
        return 1
    serve_flinkette()
    return run_job_file(sys.argv[1], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
