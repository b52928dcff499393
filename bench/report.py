"""The report page: what was measured, where, and how far the rounds lie apart."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["Load", "machine_load", "report"]

Measured = dict[str, Any]

# What the README's table shows, and in which words.
HEADLINES = {
    "test_keyed_window_in_lambdas": "keyed tumbling window, key, time and reduce in Python",
    "test_map[undeclared]": "`map` of a Python function",
    "test_word_count[with_reduce]": "word count, `reduce` in Python",
    "test_word_count[with_sum]": "word count, built-in `sum`",
    "test_start[word_count]": "from start to first output (beside a Python that only prints)",
}
LIBRARIES = ["pytest-benchmark", "numpy", "pyarrow"]
MAX_STOLEN = 0.02
MAX_OTHERS = 0.25


@dataclass(frozen=True)
class Load:
    """CPU time of the whole machine in seconds, and this process tree's share of it."""

    total_s: float
    busy_s: float
    stolen_s: float
    own_s: float

    def since(self, before: Load) -> Load:
        """Return what was used since."""
        return Load(
            self.total_s - before.total_s,
            self.busy_s - before.busy_s,
            self.stolen_s - before.stolen_s,
            self.own_s - before.own_s,
        )

    @property
    def stolen(self) -> float:
        """Share of the time that the host gave to others."""
        return self.stolen_s / self.total_s if self.total_s else 0.0

    @property
    def others(self) -> float:
        """Share of the machine that other processes used."""
        return max(0.0, self.busy_s - self.own_s) / self.total_s if self.total_s else 0.0


def machine_load() -> Load:
    """Read the counters; all zero where there is no /proc."""
    times = os.times()
    own_s = times.user + times.system + times.children_user + times.children_system
    stat = Path("/proc/stat")
    if not stat.exists():
        return Load(0.0, 0.0, 0.0, own_s)
    with stat.open(encoding="ascii") as lines:
        ticks = [int(field) for field in lines.readline().split()[1:9]]
    per_s = os.sysconf("SC_CLK_TCK")
    idle, stolen = ticks[3] + ticks[4], ticks[7]
    total = sum(ticks)
    return Load(total / per_s, (total - idle - stolen) / per_s, stolen / per_s, own_s)


def report(measured: Measured, load: Load, command: str, commit: str) -> str:
    """Make the page of one run."""
    found = sorted(measured["benchmarks"], key=lambda row: row["fullname"])
    beside = [row for row in found if "ratio_best" in row["extra_info"]]
    alone = [row for row in found if "ratio_best" not in row["extra_info"]]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by the command below; not edited by hand. Every result is checked before it "
            "is timed.",
            "",
            *facts(measured, load, command, commit),
            "",
            "## For the README",
            "",
            *headlines(beside),
            "",
            "## Pipelines: whole programs beside plain Python that makes the same calls",
            "",
            "The ratio is the time of plain Python over ours, both measured in turns in one "
            "process: 1.0 means as fast, and more is better. *best* compares the fastest round of "
            "each, *pairs* gives the median and the range of the rounds' own ratios.",
            "",
            *pipelines(beside),
            "",
            "## Micro: kernels alone, one call per batch",
            "",
            *micro(alone),
            "",
        ]
    )


def facts(measured: Measured, load: Load, command: str, commit: str) -> Iterator[str]:
    """Say what was run, and on what."""
    versions = [f"flinkette {metadata_version('flinkette')}"]
    versions += [f"{name} {metadata_version(name)}" for name in LIBRARIES]
    yield f"- command: `{command}`"
    yield f"- commit: `{commit}`, {measured['datetime'][:10]}"
    system = f"{platform.system()} {platform.machine()}"
    yield f"- machine: {cpu_name()}, {os.cpu_count()} cores, {system}"
    yield f"- Python {platform.python_version()}; {', '.join(versions)}"
    yield (
        f"- the machine meanwhile: {load.others:.0%} of its CPU time used by other processes, "
        f"{load.stolen:.1%} stolen"
    )
    if load.others > MAX_OTHERS or load.stolen > MAX_STOLEN:
        yield (
            "- **disturbed run**: others used much of the machine; trust the best rounds and their "
            "ratios, not medians"
        )


def cpu_name() -> str:
    """Name the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def metadata_version(name: str) -> str:
    """Return the version of what is installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(source tree)" if name == "flinkette" else "(not installed)"


def headlines(beside: list[Measured]) -> Iterator[str]:
    """Make the README's table: rates of the best rounds, and the lower of the two ratios.

    The best round of plain Python may still be a disturbed one; the pairs' median shows that.
    """
    yield "| one process, parallelism 1 | flinkette | a plain Python loop, same calls | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    by_name = {row["name"]: row for row in beside}
    for name in filter(by_name.__contains__, HEADLINES):
        row = by_name[name]
        extra = row["extra_info"]
        ours, bare = duration(row["stats"]["min"]), duration(extra["bare_s"])
        if "rows" in extra:
            ours = f"{rate(extra['rows_per_s_best'])} rows/s"
            bare = f"{rate(extra['rows'] / extra['bare_s'])} rows/s"
        ratio = min(extra["ratio_best"], extra["ratio_median"])
        yield f"| {HEADLINES[name]} | {ours} | {bare} | {ratio:.2f} |"


def pipelines(beside: list[Measured]) -> Iterator[str]:
    """Make the table of what ran beside plain Python."""
    yield (
        "| benchmark | rows/s, median (best) | time, median (best) | quartiles "
        "| plain Python, best | ratio, best | ratio, pairs | rounds |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for row in beside:
        extra, stats = row["extra_info"], row["stats"]
        rates = "–"
        if "rows" in extra:
            rates = f"{rate(extra['rows_per_s'])} ({rate(extra['rows_per_s_best'])})"
        pairs = f"{extra['ratio_median']:.2f} ({extra['ratio_low']:.2f}–{extra['ratio_high']:.2f})"
        yield (
            f"| {title(row)} | {rates} | {duration(stats['median'])} ({duration(stats['min'])}) "
            f"| {spread(stats)} | {duration(extra['bare_s'])} | {extra['ratio_best']:.2f} "
            f"| {pairs} | {stats['rounds']} |"
        )


def micro(alone: list[Measured]) -> Iterator[str]:
    """Make the table of kernels."""
    yield (
        "| benchmark | rows/s, median (best) | ns per row, best | time, median | quartiles "
        "| rounds |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for row in alone:
        extra, stats = row["extra_info"], row["stats"]
        yield (
            f"| {title(row)} | {rate(extra['rows_per_s'])} ({rate(extra['rows_per_s_best'])}) "
            f"| {1e9 / extra['rows_per_s_best']:.1f} | {duration(stats['median'])} "
            f"| {spread(stats)} | {stats['rounds']} |"
        )


def title(row: Measured) -> str:
    """Name a benchmark without the words every name has."""
    name: str = row["name"].removeprefix("test_").replace("_", " ")
    return name.replace("[", " (").replace("]", ")")


def spread(stats: Measured) -> str:
    """Give the middle half of the rounds."""
    return f"{duration(stats['q1'])} – {duration(stats['q3'])}"


def rate(rows_per_s: float) -> str:
    """Rows per second with three digits."""
    if rows_per_s >= 1e6:
        return f"{float(f'{rows_per_s / 1e6:.3g}'):g} M"
    return f"{float(f'{rows_per_s / 1e3:.3g}'):g} k"


def duration(seconds: float) -> str:
    """Seconds with three digits."""
    if seconds >= 1e-3:
        return f"{float(f'{seconds * 1e3:.3g}'):g} ms"
    return f"{float(f'{seconds * 1e6:.3g}'):g} µs"
