"""The report page: what was measured, where, how far the rounds lie apart, and what is reached."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import tables, targets
from bench.machine import MAX_OTHERS, MAX_STOLEN, Load, cpu_name, is_disturbed, version
from bench.peers.compare import Comparison
from bench.placement.section import strategies
from bench.targets import figure

__all__ = ["Run", "report"]

Measured = dict[str, Any]

# What the README's table shows, and in which words.
HEADLINES = {
    "test_keyed_window_in_lambdas": "keyed tumbling window, key, time and reduce in Python",
    "test_map[undeclared]": "`map` of a Python function",
    "test_word_count[with_reduce]": "word count, `reduce` in Python",
    "test_word_count[with_sum]": "word count, built-in `sum`",
    "test_start[word_count]": "from start to first output (beside a Python that only prints)",
}
LIBRARIES = ["pytest-benchmark", "numpy", "pyarrow", "duckdb", "polars"]


@dataclass(frozen=True)
class Run:
    """One run of everything: pytest-benchmark's JSON, the peers, and the circumstances."""

    measured: Measured
    pairs: Sequence[Comparison]
    load: Load
    load_average: tuple[float, float, float]
    command: str
    commit: str
    is_quick: bool = False
    has_failed: bool = False


def report(run: Run, folder: Path) -> str:
    """Make the page of one run; its pictures go into the folder."""
    found = sorted(run.measured["benchmarks"], key=lambda row: row["fullname"])
    beside = [row for row in found if "ratio_best" in row["extra_info"]]
    alone = [row for row in found if "ratio_best" not in row["extra_info"]]
    by_name = {row["name"]: row["extra_info"] for row in found}
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by the command below; not edited by hand. Every result is checked before it "
            "is timed, and what is compared runs in turns.",
            "",
            *facts(run),
            "",
            "## For the README",
            "",
            *against_peers(run.pairs),
            "",
            *headlines(beside),
            "",
            "## Targets",
            "",
            "Ratios of two things timed in turns: median, and range of the rounds. T must be "
            "reached, X is the stretch. Kernels and one-core jobs in CPU time, peers in wall time.",
            "",
            *targets.table(by_name, run.pairs),
            "",
            "## Other engines",
            "",
            "Sums by key in windows of 10 s (`bench/peers`): row i has key i * 2654435761 mod K, "
            "event time i / 10 ms, value 1. At 1 M keys every row is a result of its own. Rows are "
            "in memory before the clock starts, unless the tuning says otherwise; starting the "
            "engine, and a job where that takes long, is subtracted. Ours has one worker.",
            "",
            *tables.peers(run.pairs, folder),
            *tables.tuning(run.pairs),
            "",
            "## Curves",
            "",
            "Rate beside that of the first point, in turns; the bar is the range of the rounds.",
            "",
            *tables.curves(found, folder),
            "## Whole programs beside plain Python that makes the same calls",
            "",
            "The ratio is the time of plain Python over ours, both measured in turns in one "
            "process: 1.0 means as fast, and more is better. *best* compares the fastest round of "
            "each, *pairs* gives the median and the range of the rounds' own ratios.",
            "",
            *tables.beside_python(beside),
            "",
            "## Kernels alone, one call per batch",
            "",
            *tables.micro(alone),
            "",
            "## Placing slots on workers",
            "",
            *strategies(found),
            "",
        ]
    )


def facts(run: Run) -> Iterator[str]:
    """Say what was run, and on what."""
    versions = [f"flinkette {version('flinkette')}"]
    versions += [f"{name} {version(name)}" for name in LIBRARIES]
    yield f"- command: `{run.command}`"
    yield f"- commit: `{run.commit}`, {run.measured['datetime'][:10]}"
    system = f"{platform.system()} {platform.machine()}"
    yield f"- machine: {cpu_name()}, {os.cpu_count()} cores, {system}"
    yield f"- Python {platform.python_version()}; {', '.join(versions)}"
    averages = ", ".join(f"{average:.1f}" for average in run.load_average)
    yield (
        f"- the machine meanwhile: {run.load.others:.0%} of its CPU time used by other processes, "
        f"{run.load.stolen:.1%} stolen; load average before {averages}"
    )
    if run.is_quick:
        yield "- **quick run**: few rows and rounds, to see that it runs; judge nothing by it"
    if run.has_failed:
        yield "- **benchmarks failed**: their results were wrong, or they ended with an error"
    if is_disturbed(run.load.shares()):
        yield (
            f"- **disturbed run**: others used over {MAX_OTHERS:.0%} of the machine or "
            f"{MAX_STOLEN:.0%} was stolen; what was timed meanwhile is not judged"
        )


def against_peers(pairs: Sequence[Comparison]) -> Iterator[str]:
    """Make the README's first table: one job, one worker, ours over each engine."""
    yield "| keyed tumbling sum, one thread | 1 k keys, rows/s | ours is | 1 M keys | ours is |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    cells: dict[str, dict[int, Comparison]] = {}
    ours: dict[str, dict[int, list[float]]] = {}
    for pair in pairs:
        if pair.job != "tumbling" or pair.threads != 1 or pair.ours is None:
            continue
        cells.setdefault(pair.peer, {})[pair.keys] = pair
        rates = ours.setdefault(pair.ours.name, {}).setdefault(pair.keys, [])
        rates.append(tables.median_rate(pair.ours))
    for name, by_keys in ours.items():
        shown = [
            f"{tables.rate(max(by_keys[keys]))} |" if keys in by_keys else "|"
            for keys in (1_000, 1_000_000)
        ]
        yield f"| **{name}** | {shown[0]} | {shown[1]} |"
    for peer, by_keys in cells.items():
        shown = []
        for keys in (1_000, 1_000_000):
            pair = by_keys.get(keys)
            if pair is None:
                shown += ["", ""]
            else:
                shown += [tables.rate(tables.median_rate(pair.theirs)), f"{figure(pair.ratio)} ×"]
        yield f"| {peer} | {' | '.join(shown)} |"


def headlines(beside: list[Measured]) -> Iterator[str]:
    """Make the README's second table: rates of the best rounds, and the lower of the two ratios.

    The best round of plain Python may still be a disturbed one; the pairs' median shows that.
    """
    yield "| one process, parallelism 1 | flinkette | a plain Python loop, same calls | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    by_name = {row["name"]: row for row in beside}
    for name in filter(by_name.__contains__, HEADLINES):
        row = by_name[name]
        extra = row["extra_info"]
        ours, bare = tables.duration(row["stats"]["min"]), tables.duration(extra["bare_s"])
        if "rows" in extra:
            ours = f"{tables.rate(extra['rows_per_s_best'])} rows/s"
            bare = f"{tables.rate(extra['rows'] / extra['bare_s'])} rows/s"
        ratio = min(extra["ratio_best"], extra["ratio_median"])
        yield f"| {HEADLINES[name]} | {ours} | {bare} | {ratio:.2f} |"
