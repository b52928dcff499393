"""Run the parity programs on real PyFlink, twice each, and store what they print.

    python tests/parity/record.py --python /tmp/flink/bin/python [name ...]

A program whose two runs differ is refused: its header promises more order than Flink gives. Only
programs without a recording are run, unless they are named or `--all` is given. Needs Java 17.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from recording import HERE, normalise, program_paths, read_header


def run(python: str, program: Path, timeout_s: float) -> str:
    """Run one program with PyFlink's interpreter first on the path, as its workers need it."""
    environment = dict(
        os.environ,
        PATH=f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",
        PYTHONUNBUFFERED="1",
        TZ="UTC",
        LC_ALL="C.UTF-8",
    )
    done = subprocess.run(
        [python, str(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode != 0:
        causes = [line for line in done.stderr.splitlines() if not line.startswith("\tat ")]
        raise RuntimeError(f"{program.name} failed:\n{done.stdout}\n" + "\n".join(causes[-60:]))
    return done.stdout


def record(python: str, program: Path, origin: str, timeout_s: float) -> str:
    """Record one program and return what became of it."""
    header = read_header(program)
    try:
        runs = [normalise(run(python, program, timeout_s), header) for _ in range(2)]
    except (RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
        return f"FAILED    {program.stem}: {error}"
    if runs[0] != runs[1]:
        return f"UNSTABLE  {program.stem}:\n  {runs[0]}\n  {runs[1]}"
    target = HERE / "recorded" / f"{program.stem}.txt"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join([origin, *runs[0]]) + "\n", encoding="utf-8")
    return f"recorded  {program.stem}: {len(runs[0])} lines"


def main() -> int:
    """Parse the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", help="programs by name; default: those not recorded")
    parser.add_argument("--python", required=True, help="interpreter that has apache-flink")
    parser.add_argument("--all", action="store_true", help="record every program again")
    parser.add_argument("--jobs", type=int, default=2, help="programs run at a time")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds per run")
    arguments = parser.parse_args()
    version = subprocess.run(
        [
            arguments.python,
            "-c",
            "import sys, pyflink.version as v;"
            "print(v.__version__, 'on python', sys.version.split()[0])",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    today = datetime.datetime.now(tz=datetime.timezone.utc).date()
    origin = f"# pyflink {version}, recorded {today}"
    chosen = [
        program
        for program in program_paths()
        if program.stem in arguments.names
        or (
            not arguments.names
            and (arguments.all or not (HERE / "recorded" / f"{program.stem}.txt").exists())
        )
    ]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(
            pool.map(
                lambda program: _reported(
                    record(arguments.python, program, origin, arguments.timeout)
                ),
                chosen,
            )
        )
    return 0 if all(result.startswith("recorded") for result in results) else 1


def _reported(result: str) -> str:
    print(result, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
