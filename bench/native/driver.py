"""Compile the C++ program, count its instructions, time its kernels in turns with anything else."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Driver", "NoCompiler", "compiler_name", "count_instructions", "kernels", "program"]

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
# Those of setup.py's release build; -g names symbols and changes no code.
FLAGS = ["-std=c++17", "-O2", "-g", "-DNDEBUG", "-fPIC", "-fvisibility=hidden", "-pthread"]
MEASURED = "flk_bench_measured"


class NoCompiler(Exception):
    """There is no C++ compiler."""


@cache
def compiler() -> tuple[str, ...]:
    """Return the command of the C++ compiler."""
    named = shlex.split(os.environ.get("CXX", ""))
    if named:
        return tuple(named)
    found = shutil.which("g++") or shutil.which("c++")
    if found is None:
        raise NoCompiler("no C++ compiler")
    return (found,)


@cache
def compiler_name() -> str:
    """Name compiler, major version and machine: code of others has other instructions."""
    version = run_or_raise([*compiler(), "-dumpversion"]).strip().partition(".")[0]
    machine = run_or_raise([*compiler(), "-dumpmachine"]).strip()
    kind = "clang" if "clang" in run_or_raise([*compiler(), "--version"]) else "gcc"
    return f"{kind} {version}, {machine}"


def run_or_raise(command: list[str]) -> str:
    """Run a part of the tool chain."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout


@cache
def program() -> Path:
    """Compile what has changed since the last time; return the program."""
    sources = sorted([*FOLDER.glob("*.cc"), *(ROOT / "csrc" / "flk").glob("*.cc")])
    headers = [*FOLDER.glob("*.h"), *(ROOT / "csrc" / "flk").glob("*.h"), Path(__file__)]
    newest_header = max(header.stat().st_mtime for header in headers)
    target = ROOT / "build" / "bench"
    target.mkdir(parents=True, exist_ok=True)

    def compile_one(source: Path) -> Path:
        made = target / f"{source.parent.name}_{source.stem}.o"
        newest = max(source.stat().st_mtime, newest_header)
        if not made.exists() or made.stat().st_mtime < newest:
            include = f"-I{ROOT / 'csrc'}"
            run_or_raise([*compiler(), *FLAGS, include, "-c", str(source), "-o", str(made)])
        return made

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = [str(made) for made in pool.map(compile_one, sources)]
    linked = target / "flk_bench"
    run_or_raise([*compiler(), "-pthread", *objects, "-o", str(linked)])
    return linked


def kernels() -> dict[str, int]:
    """Return the kernels that can be measured, and the rows of a call of each."""
    lines = run_or_raise([str(program()), "list"]).splitlines()
    return {name: int(rows) for name, rows in map(str.split, lines)}


def count_instructions(command: list[str], *toggles: str) -> int:
    """Return what callgrind counts of a command; with toggles, inside these functions only."""
    done = subprocess.run(
        [
            *("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
            *(f"--toggle-collect={toggle}" for toggle in toggles),
            *command,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        raise RuntimeError(f"{' '.join(command)} under callgrind: {done.stderr[-2000:]}")
    return int(found[1])


@dataclass(frozen=True)
class Took:
    """Nanoseconds of one call."""

    cpu_ns: float
    wall_ns: float


class Driver:
    """The program, running: times a kernel whenever it is asked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(program()), "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def time(self, kernel: str, calls: int = 1) -> Took:
        """Time some calls of a kernel; the first question also prepares its data."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{kernel} {calls}\n")
        self._process.stdin.flush()
        return Took(*map(float, self._process.stdout.readline().split()))

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
