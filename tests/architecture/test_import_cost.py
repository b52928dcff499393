"""Contract 33: importing flinkette is cheap and loads no heavy library."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from architecture.source_tree import PACKAGE

HEAVY = (
    "aiohttp",
    "click",
    "msgspec",
    "numpy",
    "pandas",
    "polars",
    "psutil",
    "pyarrow",
    "rich",
    "zmq",
)
MODULES = [
    name
    for name in ("flinkette", "flinkette.common", "flinkette.datastream", "flinkette.ext")
    if PACKAGE.parent.joinpath(*name.split(".")).joinpath("__init__.py").exists()
]
LIMIT_MS = 100.0
# A module of the standard library that takes some 40 ms on a quiet machine; what a busy machine
# makes of it is allowed to flinkette in proportion.
YARDSTICK = "asyncio"
YARDSTICKS = 2.5
ATTEMPTS = 5

LOADED = "import sys, json, {name}; print(json.dumps(sorted(sys.modules)))"
TIMED = """
import time
started_at_s = time.perf_counter()
import {name}
print((time.perf_counter() - started_at_s) * 1e3)
"""


@pytest.mark.parametrize("name", MODULES)
def test_an_import_loads_no_heavy_library(name: str, run_python: Callable[..., Any]) -> None:
    loaded = json.loads(run_python("-c", LOADED.format(name=name)).stdout)
    assert sorted({module.partition(".")[0] for module in loaded} & set(HEAVY)) == []


@pytest.mark.stopwatch
@pytest.mark.parametrize("name", MODULES)
def test_an_import_takes_less_than_a_tenth_of_a_second(
    name: str, run_python: Callable[..., Any]
) -> None:
    def best_ms(module: str) -> float:
        script = TIMED.format(name=module)
        return min(float(run_python("-c", script).stdout) for _ in range(ATTEMPTS))

    took_ms = best_ms(name)
    assert took_ms <= LIMIT_MS or took_ms <= YARDSTICKS * best_ms(YARDSTICK)
