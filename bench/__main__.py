"""`python -m bench report`: time every benchmark and write `bench/results/REPORT.md`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.report import machine_load, report

FOLDER = Path(__file__).parent
COMMAND = "python -m bench report"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("action", choices=["report"])
    parser.add_argument("-k", default="", help="only the benchmarks that match, as pytest -k does")
    parser.add_argument("-o", type=Path, default=FOLDER / "results" / "REPORT.md", help="page")
    arguments = parser.parse_args()
    command = COMMAND + (f" -k '{arguments.k}'" if arguments.k else "")
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "benchmarks.json"
        before = machine_load()
        code = time_all(found, arguments.k)
        load = machine_load().since(before)
        if code != 0:
            print(f"pytest ended with exit code {code}; no report written", file=sys.stderr)
            return code
        measured = json.loads(found.read_text(encoding="utf-8"))
    page = report(measured, load, command, commit())
    arguments.o.parent.mkdir(parents=True, exist_ok=True)
    arguments.o.write_text(page, encoding="utf-8")
    print(page)
    return 0


def time_all(found: Path, match: str) -> int:
    """Time the benchmarks in a process of their own; return its exit code."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", str(FOLDER), "-q", "--benchmark-only"),
            *("--benchmark-json", str(found), "--benchmark-quiet", "-p", "no:randomly"),
            *(["-k", match] if match else []),
        ],
        cwd=FOLDER.parent,
        env=os.environ,
        check=False,
    ).returncode


def commit() -> str:
    """Name the commit that is measured; a tree with changes says so."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
