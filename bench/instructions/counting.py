"""Count the instructions of every kernel and compare them with the committed baseline."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import flinkette
from bench.native.driver import (
    MEASURED,
    NoCompiler,
    compiler_name,
    count_instructions,
    kernels,
    program,
)

__all__ = ["BASELINE", "TOLERANCE", "baseline", "count_all", "update", "why_not_here"]

BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.10
BOXED_ROWS = 8_192
BOXED_CALLS = 40
# The core is linked without symbols: two counts of a whole Python, apart by the calls.
BOX = """
import sys
sys.path.insert(0, sys.argv[2])
from array import array
from flinkette._native.column import Column
column = Column.from_buffer(array("q", range(1_000_000, 1_000_000 + {rows})))
for _ in range(int(sys.argv[1])):
    column.to_objects()
"""


def baseline() -> dict[str, Any]:
    """Read the committed counts."""
    found: dict[str, Any] = json.loads(BASELINE.read_text(encoding="utf-8"))
    return found


def why_not_here() -> str:
    """Say why counts would not be comparable on this machine; empty if they are."""
    if shutil.which("valgrind") is None:
        return "no valgrind"
    try:
        here = compiler_name()
    except NoCompiler as reason:
        return str(reason)
    there = baseline()["compiler"]
    return "" if here == there else f"the baseline is of {there}, this is {here}"


def boxing_ints() -> float:
    """Count instructions per row of making Python ints from a column."""
    source = BOX.format(rows=BOXED_ROWS)
    root = str(Path(flinkette.__file__).parent.parent)

    def count(calls: int) -> int:
        environment = ["env", "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1"]
        return count_instructions(
            ["--trace-children=yes", *environment, sys.executable, "-c", source, str(calls), root]
        )

    return (count(BOXED_CALLS + 1) - count(1)) / (BOXED_CALLS * BOXED_ROWS)


def count_kernel(name: str, rows: int) -> float:
    """Count instructions per row of one call."""
    return count_instructions([str(program()), "count", name], MEASURED) / rows


def count_all() -> dict[str, float]:
    """Count every kernel; rooflines and the whole job are for seconds only."""
    jobs: dict[str, Callable[[], float]] = {
        name: partial(count_kernel, name, rows)
        for name, rows in kernels().items()
        if not name.startswith(("roof_", "job_"))
    }
    jobs["boxing_ints"] = boxing_ints
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = list(pool.map(lambda job: job(), jobs.values()))
    return {name: round(count, 2) for name, count in zip(jobs, counts, strict=True)}


def update() -> dict[str, Any]:
    """Write the baseline of this compiler."""
    written = {"compiler": compiler_name(), "instructions_per_row": count_all()}
    BASELINE.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return written
