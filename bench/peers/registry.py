"""Which engines there are, where they run, and with how many rows."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.peers.child import ENGINES

__all__ = ["PEERS", "Peer", "Unavailable", "ours"]

TIMELY = Path(__file__).parent / "timely"
TUMBLING, SLIDING, WORDS, LINES = "tumbling", "sliding", "words", "lines"


class Unavailable(Exception):
    """The engine is not installed; the text says what is missing."""


@dataclass(frozen=True)
class Peer:
    """An engine in one of its modes.

    `find` gives the command or raises Unavailable. `most_rows` bounds a timed run, which is
    otherwise as long as a run of ours. With `has_job_start` a run of few rows is subtracted: there,
    submitting a job takes longer than its rows.
    """

    name: str
    find: Callable[[], list[str]]
    mode: str = ""
    jobs: tuple[str, ...] = (TUMBLING, SLIDING, WORDS)
    threads: tuple[int, ...] = (1, 2)
    most_rows: int = 20_000_000
    check_rows: int = 200_000
    has_job_start: bool = False
    is_per_row_python: bool = False
    rounds: int = 7

    def request(self, job: str, keys: int, threads: int, rows: int) -> dict[str, object]:
        """Return what the engine is asked for."""
        return {"job": job, "keys": keys, "threads": threads, "rows": rows, "mode": self.mode}


def script(name: str, *modules: str, interpreter: Callable[[], str]) -> Callable[[], list[str]]:
    """Return what finds the command of a script that needs some modules."""

    def find() -> list[str]:
        python = interpreter()
        if python == sys.executable:
            missing = [module for module in modules if importlib.util.find_spec(module) is None]
            if missing:
                raise Unavailable(f"{', '.join(missing)} not installed")
        elif not can_import(python, modules):
            raise Unavailable(f"{python} cannot import {', '.join(modules)}")
        return [python, str(ENGINES / name)]

    return find


@cache
def can_import(python: str, modules: tuple[str, ...]) -> bool:
    """Try it, in that interpreter."""
    if not Path(python).exists():
        return False
    names = ", ".join(modules)
    done = subprocess.run([python, "-c", f"import {names}"], capture_output=True, check=False)
    return done.returncode == 0


def own_python() -> str:
    return sys.executable


def flink_python() -> str:
    python = os.environ.get("FLK_FLINK_PYTHON", "")
    if not python:
        raise Unavailable("FLK_FLINK_PYTHON names no interpreter with PyFlink")
    if shutil.which("java") is None:
        raise Unavailable("no java")
    return python


def peer_python(module: str) -> Callable[[], str]:
    """Ours if it has the module, or the one that FLK_PEER_PYTHON names."""

    def find() -> str:
        python = os.environ.get("FLK_PEER_PYTHON", "")
        has_own = importlib.util.find_spec(module) is not None
        return sys.executable if has_own or not python else python

    return find


@cache
def timely_command(*, compiles: bool) -> tuple[str, ...]:
    """Return the Rust program, compiled if wanted; quick when nothing has changed."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise Unavailable("no cargo")
    target = os.environ.get("CARGO_TARGET_DIR", str(TIMELY.parents[2] / "build" / "timely"))
    made = Path(target) / "release" / "timely-peer"
    if not compiles and not made.exists():
        raise Unavailable("not compiled; `python -m bench peers timely` does that")
    done = subprocess.run(
        [cargo, "build", "--release", "--locked", "--quiet", "--target-dir", target],
        cwd=TIMELY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(f"cargo build failed: {done.stderr.strip()[-300:]}")
    return (str(made),)


def find_timely() -> list[str]:
    # Tests do not download and compile for a minute: results are checked before timing as well.
    return list(timely_command(compiles="PYTEST_CURRENT_TEST" not in os.environ))


flinkette_script = script("run_flinkette.py", "pyarrow", interpreter=own_python)
OUR_COLUMNS = Peer("flinkette, columns", flinkette_script, "columns")
OUR_FUNCTIONS = Peer(
    "flinkette, Python functions",
    flinkette_script,
    "functions",
    most_rows=1_000_000,
    is_per_row_python=True,
)

# a job of few lines is subtracted: the start of two workers takes longer than those
OUR_LINES = Peer(
    "flinkette, lines",
    flinkette_script,
    "functions",
    jobs=(LINES,),
    most_rows=4_000_000,
    has_job_start=True,
    is_per_row_python=True,
)

PEERS = [
    Peer("timely", find_timely, jobs=(TUMBLING, WORDS)),
    Peer("timely, rows made in the run", find_timely, "made", jobs=(TUMBLING,), threads=(1,)),
    Peer("DuckDB", script("run_duckdb.py", "duckdb", "pyarrow", interpreter=own_python)),
    Peer(
        "Polars, in memory",
        script("run_polars.py", "polars", "pyarrow", interpreter=own_python),
        "in-memory",
    ),
    Peer(
        "Polars, streaming",
        script("run_polars.py", "polars", "pyarrow", interpreter=own_python),
        "streaming",
    ),
    Peer(
        "pyarrow",
        script("run_pyarrow.py", "pyarrow", interpreter=own_python),
        jobs=(TUMBLING, WORDS),
    ),
    Peer(
        "Bytewax",
        script("run_bytewax.py", "bytewax", interpreter=peer_python("bytewax")),
        jobs=(TUMBLING, SLIDING, WORDS, LINES),
        most_rows=200_000,
        check_rows=20_000,
        is_per_row_python=True,
        rounds=5,
    ),
    Peer(
        "Pathway",
        script("run_pathway.py", "pathway", "pyarrow", interpreter=peer_python("pathway")),
        jobs=(TUMBLING, SLIDING, WORDS, LINES),
        most_rows=1_000_000,
        check_rows=20_000,
        has_job_start=True,
        rounds=5,
    ),
    Peer(
        "PyFlink, thread mode",
        script("run_pyflink.py", "pyflink", interpreter=flink_python),
        "thread",
        threads=(1,),
        most_rows=100_000,
        check_rows=2_000,
        has_job_start=True,
        is_per_row_python=True,
        rounds=5,
    ),
    Peer(
        "PyFlink, process mode",
        script("run_pyflink.py", "pyflink", interpreter=flink_python),
        "process",
        threads=(1,),
        most_rows=20_000,
        check_rows=2_000,
        has_job_start=True,
        is_per_row_python=True,
        rounds=5,
    ),
    Peer(
        "Flink SQL",
        script("run_flink_sql.py", "pyflink", interpreter=flink_python),
        most_rows=4_000_000,
        check_rows=20_000,
        has_job_start=True,
        threads=(1,),
        rounds=5,
    ),
]


def ours(peer: Peer, job: str) -> Peer:
    """Return our program of the same kind: Python per row, or columns."""
    if job == LINES:
        return OUR_LINES
    return OUR_FUNCTIONS if peer.is_per_row_python else OUR_COLUMNS


def all_engines() -> Iterator[Peer]:
    """Ours first."""
    yield from (OUR_COLUMNS, OUR_FUNCTIONS, OUR_LINES)
    yield from PEERS
