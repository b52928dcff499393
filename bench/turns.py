"""Functions timed in turns, round after round: what disturbs one disturbs its neighbours too."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "IS_QUICK",
    "Point",
    "Took",
    "best_ratio",
    "common_rows",
    "fitting_rows",
    "median_ratio",
    "ratios",
    "sample",
]

IS_QUICK = os.environ.get("FLK_BENCH_QUICK") == "1"
FEWEST_ROWS = 1_000
MOST_ROWS = 50_000 if IS_QUICK else 1 << 30


@dataclass(frozen=True)
class Took:
    """Seconds of one call, the mean of some; a process of its own may have run them."""

    wall_s: float
    cpu_s: float
    calls: int = 1
    is_elsewhere: bool = True


@dataclass
class Point:
    """One function of a test: how many rows a call has, and what its calls took."""

    rows: int
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    elsewhere_s: float = 0.0  # CPU seconds of a process of ours that still runs

    def add(self, took: Took) -> None:
        """Keep a round."""
        self.wall_s.append(took.wall_s)
        self.cpu_s.append(took.cpu_s)
        self.elsewhere_s += took.cpu_s * took.calls if took.is_elsewhere else 0.0


def sample(function: Callable[[], Any]) -> Took:
    """Time one call, unless it was timed where it ran."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    result = function()
    if isinstance(result, Took):
        return result
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return Took(wall_s, cpu_s, is_elsewhere=False)


def ratios(upper: Mapping[str, Any], lower: Mapping[str, Any], clock: str = "cpu_s") -> list[float]:
    """Return rate of the lower over rate of the upper, of each round, lowest first.

    Above 1 the lower one is faster.
    """
    scale = lower["rows"] / upper["rows"]
    return sorted(a / b * scale for a, b in zip(upper[clock], lower[clock], strict=True) if b > 0)


def best_ratio(upper: Mapping[str, Any], lower: Mapping[str, Any], clock: str = "cpu_s") -> float:
    """Return the same ratio of each one's best round."""
    return float(min(upper[clock]) / min(lower[clock]) * lower["rows"] / upper["rows"])


def median_ratio(upper: Mapping[str, Any], lower: Mapping[str, Any], clock: str = "cpu_s") -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(ratios(upper, lower, clock))


def common_rows(
    functions: Mapping[str, Callable[[int], Any]], most: Mapping[str, int], least: Mapping[str, int]
) -> dict[str, int]:
    """Choose rows for functions that are compared: what a call costs beside them is then equal."""
    fitting = {
        name: fitting_rows(function, min(most[name], MOST_ROWS))
        for name, function in functions.items()
    }
    largest = max(fitting.values())
    return {
        name: max(
            min(largest, most[name]) if rows >= largest / 8 else rows,
            min(least.get(name, 0), MOST_ROWS),
        )
        for name, rows in fitting.items()
    }


def fitting_rows(run: Callable[[int], Any], most: int, run_s: float = 0.25) -> int:
    """Choose how many rows a call may have so that it takes about `run_s`; 1, 2 or 5 times 10**n.

    Short calls come first, so that a slow operator is not asked for a million rows at once.
    """
    rows, took_s = FEWEST_ROWS, 0.0
    while rows < most and took_s < run_s / 8:
        rows = min(rows * 5, most)
        took_s = sample(lambda: run(rows)).wall_s  # noqa: B023  (called at once)
    wanted = min(rows * run_s / max(took_s, 1e-9), most)
    steps = [step * 10**power for power in range(3, 9) for step in (1, 2, 5)]
    return most if wanted >= most else max(step for step in steps if step <= max(wanted, 1_000))
