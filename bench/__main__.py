"""`python -m bench report`, `peers` or `instructions`: time everything, or one part of it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.instructions.counting import baseline, count_all, update
from bench.machine import commit, machine_load
from bench.peers.compare import Comparison
from bench.peers.run import compare_all
from bench.report import Run, report

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    whole = actions.add_parser("report", help="time every benchmark, write REPORT.md and pictures")
    whole.add_argument("-k", default="", help="only the benchmarks that match, as pytest -k does")
    whole.add_argument("-o", type=Path, default=RESULTS / "REPORT.md", help="page")
    whole.add_argument("--quick", action="store_true", help="few rows and rounds: does it all run?")
    whole.add_argument("--no-peers", action="store_true", help="leave other engines out")
    whole.set_defaults(run=write_report)
    peers = actions.add_parser("peers", help="time other engines, print a line for each")
    peers.add_argument(
        "names", nargs="*", help="parts of names of engines, e.g. duckdb; all if none"
    )
    peers.add_argument("--quick", action="store_true", help="few rounds, one thread")
    peers.set_defaults(run=time_peers)
    counts = actions.add_parser("instructions", help="count instructions per row of the kernels")
    counts.add_argument("--update", action="store_true", help="write the baseline that CI holds")
    counts.set_defaults(run=print_counts)
    arguments = parser.parse_args()
    return int(arguments.run(arguments))


def write_report(arguments: argparse.Namespace) -> int:
    """Time everything and write the page."""
    command = "python -m bench " + " ".join(sys.argv[1:])
    load_average = os.getloadavg()
    before = machine_load()
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "benchmarks.json"
        code = time_all(found, arguments.k, is_quick=arguments.quick)
        if not found.exists() or found.stat().st_size == 0:
            print(f"pytest ended with exit code {code}; no report written", file=sys.stderr)
            return code
        measured = json.loads(found.read_text(encoding="utf-8"))
    pairs: list[Comparison] = []
    if not arguments.no_peers:
        pairs = list(compare_all([], is_quick=arguments.quick))
    load = machine_load().since(before)
    run = Run(measured, pairs, load, load_average, command, commit(), arguments.quick, code != 0)
    page = write_page(run, arguments.o)
    print(page)
    return code


def write_page(run: Run, path: Path) -> str:
    """Write the page, its pictures, and the figures it was made from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = report(run, path.parent)
    path.write_text(page, encoding="utf-8")
    figures = {"benchmarks": without_rounds(run.measured), "peers": as_json(run.pairs)}
    figures_path = path.with_suffix(".json")
    figures_path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return page


def without_rounds(measured: dict[str, Any]) -> list[dict[str, Any]]:
    """Keep names and what tests noted."""
    return [{"name": row["fullname"], **row["extra_info"]} for row in measured["benchmarks"]]


def as_json(pairs: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Keep everything."""
    return [pair.as_json() for pair in pairs]


def time_peers(arguments: argparse.Namespace) -> int:
    """Print a line for each comparison as it is done."""
    for pair in compare_all(arguments.names, is_quick=arguments.quick):
        print(pair.line(), flush=True)
    return 0


def print_counts(arguments: argparse.Namespace) -> int:
    """Print instructions per row beside the baseline."""
    before = baseline()["instructions_per_row"]
    counts = update()["instructions_per_row"] if arguments.update else count_all()
    for name, count in counts.items():
        print(f"{name:24} {count:10.2f}  was {before.get(name, float('nan')):.2f}")
    return 0


def time_all(found: Path, match: str, *, is_quick: bool) -> int:
    """Time the benchmarks in a process of their own; return its exit code."""
    environment = {**os.environ, "FLK_BENCH_QUICK": "1"} if is_quick else dict(os.environ)
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(FOLDER), "-q", "--benchmark-only"),
            *("--benchmark-json", str(found), "--benchmark-quiet", "-p", "no:randomly"),
            *(["-k", match] if match else []),
        ],
        cwd=FOLDER.parent,
        env=environment,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
