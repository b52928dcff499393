"""Kernels beside the plainest loop that does their work, in one C++ program, and beside numpy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bench.native.driver import Driver, NoCompiler, kernels
from bench.turns import Took

CALL_NS = 2e6  # long enough for the clock, short enough that a pair sees the same machine
PARTS = 128
# Ours, and the roofline that it is compared with.
PAIRS = {
    "hash": ("hash_int64", "roof_copy_int64"),
    "scatter_pairs": ("scatter_pairs_128", "roof_scatter_pairs_128"),
    "scatter_words": ("scatter_texts_128", "roof_scatter_texts_128"),
}


@pytest.fixture
def driver() -> Iterator[Driver]:
    try:
        started = Driver()
    except NoCompiler as reason:
        pytest.skip(str(reason))
    with started:
        yield started


def timer(driver: Driver, kernel: str) -> Any:
    """Return a function that times enough calls of a kernel."""
    calls = max(1, round(CALL_NS / max(driver.time(kernel).cpu_ns, 1)))

    def run() -> Took:
        took = driver.time(kernel, calls)
        return Took(took.wall_ns / 1e9, took.cpu_ns / 1e9, calls)

    return run


def scatter_in_numpy() -> int:
    """Sort by owner, take both columns: what a program without a kernel does."""
    order = np.argsort(OWNERS, kind="stable")
    return len(KEYS[order]) + len(KEYS[order])


KEYS = np.arange(8_192, dtype=np.int64) * 2654435761 % 1_000_003
OWNERS = (KEYS % PARTS).astype(np.uint32)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PAIRS)
def test_roofline(time_turns: Any, driver: Driver, name: str) -> None:
    ours, roofline = PAIRS[name]
    points = {"flinkette": timer(driver, ours), "roofline": timer(driver, roofline)}
    if name == "scatter_pairs":
        points["numpy"] = scatter_in_numpy
    rows = kernels()
    names = {"flinkette": rows[ours], "roofline": rows[roofline], "numpy": len(KEYS)}
    time_turns(points, rows={point: names[point] for point in points}, rounds=15)
