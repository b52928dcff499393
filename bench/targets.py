"""The targets of the project and whether they are reached: ratios of two things timed in turns."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.machine import is_disturbed
from bench.turns import ratios

__all__ = ["TARGETS", "Found", "Target", "verdict"]

Measured = Mapping[str, Any]  # benchmarks of pytest-benchmark by name
Pairs = Sequence[Any]  # bench.peers.compare.Comparison


@dataclass(frozen=True)
class Found:
    """A ratio: the median of its rounds, their range, and the load of the machine meanwhile."""

    middle: float
    low: float
    high: float
    load: dict[str, float]


def of_rounds(rounds: Sequence[float], load: dict[str, float]) -> Found:
    """Summarise."""
    return Found(statistics.median(rounds), min(rounds), max(rounds), load)


@dataclass(frozen=True)
class Target:
    """A row of a list of targets; `must` and `stretch` are least values, or most with `is_most`."""

    number: str
    what: str
    must: float
    stretch: float | None
    find: Callable[[Measured, Pairs], Found | None]
    is_most: bool = False

    def reaches(self, found: float, wanted: float) -> bool:
        """Compare."""
        return found <= wanted if self.is_most else found >= wanted


def verdict(target: Target, found: Found | None) -> str:
    """Say T (must), X (stretch), missed by how much, or why nothing is said."""
    if found is None:
        return "not measured"
    if is_disturbed(found.load):
        return "not judged: the machine was disturbed"
    if target.stretch is not None and target.reaches(found.middle, target.stretch):
        return "**X**"
    if target.reaches(found.middle, target.must):
        return "**T**"
    away = abs(found.middle / target.must - 1)
    return f"missed by {away:.0%}"


def turns(test: str, upper: str, lower: str, clock: str = "cpu_s") -> Any:
    """Rate of `lower` over rate of `upper`, both points of one test."""

    def find(measured: Measured, _: Pairs) -> Found | None:
        points = measured.get(test, {}).get("turns", {})
        if upper not in points or lower not in points:
            return None
        return of_rounds(ratios(points[upper], points[lower], clock), measured[test]["load"])

    return find


def beside(test: str) -> Any:
    """Plain Python's time over ours."""

    def find(measured: Measured, _: Pairs) -> Found | None:
        extra = measured.get(test)
        if extra is None or "ratio_median" not in extra:
            return None
        middle, low, high = (extra[f"ratio_{name}"] for name in ("median", "low", "high"))
        return Found(middle, low, high, extra["load"])

    return find


def lowest(*finds: Any) -> Any:
    """Return the worst of several."""

    def find(measured: Measured, pairs: Pairs) -> Found | None:
        found = [find_one(measured, pairs) for find_one in finds]
        known = [one for one in found if one is not None]
        return min(known, key=lambda one: one.middle) if len(known) == len(finds) else None

    return find


def seconds(test: str) -> Any:
    """Return the time of a call."""

    def find(measured: Measured, _: Pairs) -> Found | None:
        extra = measured.get(test)
        if extra is None or "seconds" not in extra:
            return None
        return of_rounds(extra["seconds"], extra["load"])

    return find


def memory(measured: Measured, _: Pairs) -> Found | None:
    """Return resident memory of the last fifth of a long job over that of its first."""
    extra = measured.get("test_memory_stays_as_it_is")
    if extra is None:
        return None
    resident = extra["resident_mb"]
    middle = statistics.median(resident[-4:]) / statistics.median(resident[1:5])
    return Found(middle, middle, middle, {"others": 0.0, "stolen": 0.0})


def peer(name: str, keys: int, threads: int = 1, job: str = "tumbling") -> Any:
    """Our rate over a peer's."""

    def find(_: Measured, pairs: Pairs) -> Found | None:
        for pair in pairs:
            if (pair.peer, pair.job, pair.keys, pair.threads) == (name, job, keys, threads):
                return None if pair.skipped else of_rounds(pair.ratios, pair.load)
        return None

    return find


HASH, PAIRS, WORDS = (
    f"test_roofline[{name}]" for name in ("hash", "scatter_pairs", "scatter_words")
)
KEYS_1K, KEYS_1M = "test_grouping[1k-1000]", "test_grouping[1m-1000000]"
CURVE = "test_curve[{}]".format

TARGETS = [
    Target(
        "1", "hash int64: copy of the column / ours", 0.5, 0.9, turns(HASH, "roofline", "flinkette")
    ),
    Target(
        "2",
        "partition (int64, int64), P = 128: roofline / ours",
        0.6,
        0.85,
        turns(PAIRS, "roofline", "flinkette"),
    ),
    Target(
        "3", "the same: numpy argsort + take / ours", 12, 20, turns(PAIRS, "numpy", "flinkette")
    ),
    Target(
        "4",
        "partition 7-byte texts: roofline / ours",
        0.6,
        0.8,
        turns(WORDS, "roofline", "flinkette"),
    ),
    Target(
        "11",
        "keyed sum, 1 k keys: DuckDB GROUP BY / ours, CPU",
        1.3,
        2,
        turns(KEYS_1K, "DuckDB", "flinkette"),
    ),
    Target(
        "12",
        "keyed sum, 1 M keys: DuckDB GROUP BY / ours, CPU",
        3,
        6,
        turns(KEYS_1M, "DuckDB", "flinkette"),
    ),
    Target(
        "13",
        "the same two: roofline table / ours (the lower)",
        0.6,
        0.85,
        lowest(turns(KEYS_1K, "roofline", "flinkette"), turns(KEYS_1M, "roofline", "flinkette")),
    ),
    Target(
        "14", "1 M keys / 1 k keys: time", 4, 3, turns(CURVE("keys"), "1 M", "1 k"), is_most=True
    ),
    Target(
        "15",
        "sliding, 120 windows per row / 1: rate",
        0.9,
        0.97,
        turns(CURVE("sliding"), "1", "120"),
    ),
    Target(
        "16",
        "all rows out of order / none: rate",
        0.75,
        0.9,
        turns(CURVE("disorder"), "0 %", "100 %"),
    ),
    Target("–", "20 windows on one stream / 1: rate", 0.5, None, turns("test_shared", "1", "20")),
    Target(
        "17",
        "session / tumbling count: time",
        2,
        1.5,
        turns(CURVE("sessions"), "session count", "tumbling count"),
        is_most=True,
    ),
    Target(
        "20",
        "words of a text file: ours / best of Bytewax and Pathway, one worker",
        20,
        50,
        lowest(peer("Bytewax", 5_000, 1, "lines"), peer("Pathway", 5_000, 1, "lines")),
    ),
    Target(
        "21",
        "`map` of a Python function: `list(map(f, xs))` / ours",
        0.65,
        0.8,
        beside("test_map[undeclared]"),
    ),
    Target(
        "23",
        "function over batches: numpy loop / ours",
        0.8,
        0.95,
        turns("test_map_batches", "numpy", "flinkette"),
    ),
    Target(
        "27",
        "sums of columns from a file, 1 k keys: two workers / one",
        1.6,
        1.85,
        turns("test_two_workers[sums-1k]", "one", "two", "wall_s"),
    ),
    Target(
        "27",
        "the same, 1 M keys: two workers / one",
        1.6,
        1.85,
        turns("test_two_workers[sums-1m]", "one", "two", "wall_s"),
    ),
    Target(
        "27",
        "windows of Python functions: two workers / one",
        1.6,
        1.85,
        turns("test_two_workers[lambdas]", "one", "two", "wall_s"),
    ),
    Target(
        "27",
        "word count in Python functions: two workers / one",
        1.6,
        1.85,
        turns("test_two_workers[words]", "one", "two", "wall_s"),
    ),
    Target(
        "–",
        "8 workers on two cores / 2: rate",
        0.5,
        None,
        turns("test_many_workers", "2", "8", "wall_s"),
    ),
    Target(
        "–",
        "32 workers on two cores / 2: rate",
        0.5,
        None,
        turns("test_many_workers", "2", "32", "wall_s"),
    ),
    Target(
        "28",
        "program built in Python: C++ driver / ours",
        0.95,
        0.99,
        turns("test_client_overhead", "C++ driver", "flinkette"),
    ),
    Target("§14", "K = 1 k: ours / timely, one worker", 1, None, peer("timely", 1_000)),
    Target("§14", "K = 1 k: ours / DuckDB, one thread", 1.3, None, peer("DuckDB", 1_000)),
    Target(
        "§14",
        "K = 1 k: ours / Polars, one thread",
        1.3,
        None,
        lowest(peer("Polars, in memory", 1_000), peer("Polars, streaming", 1_000)),
    ),
    Target("§14", "K = 1 M: ours / DuckDB, one thread", 2, None, peer("DuckDB", 1_000_000)),
    Target("§14", "Python functions: ours / Bytewax", 20, None, peer("Bytewax", 1_000)),
    Target(
        "§14",
        "Python functions: ours / PyFlink, thread mode",
        100,
        None,
        peer("PyFlink, thread mode", 1_000),
    ),
    Target(
        "–",
        "`python examples/word_count.py` to its first output, s",
        0.3,
        None,
        seconds("test_start[example_word_count]"),
        is_most=True,
    ),
    Target(
        "–",
        "a program with two workers to its first output, s",
        0.8,
        None,
        seconds("test_start[two_workers]"),
        is_most=True,
    ),
    Target(
        "–",
        "resident memory at the end of a long job / at its beginning",
        1.1,
        None,
        memory,
        is_most=True,
    ),
]


def table(measured: Measured, pairs: Pairs) -> list[str]:
    """Return the lines of the table of targets."""
    lines = [
        "| row | what | T | X | found | rounds | |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for target in TARGETS:
        found = target.find(measured, pairs)
        sign = "≤" if target.is_most else "≥"
        stretch = "" if target.stretch is None else f"{sign} {target.stretch:g}"
        shown = rounds = "–"
        if found is not None and not math.isnan(found.middle):
            shown, rounds = figure(found.middle), f"{figure(found.low)} – {figure(found.high)}"
        lines.append(
            f"| {target.number} | {target.what} | {sign} {target.must:g} | {stretch} | {shown} "
            f"| {rounds} | {verdict(target, found)} |"
        )
    return lines


def figure(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
