"""The tables and pictures of a report."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.machine import is_disturbed
from bench.peers.compare import Comparison
from bench.picture import Span, bars, curve
from bench.targets import figure
from bench.turns import median_ratio, ratios

__all__ = ["beside_python", "curves", "duration", "micro", "peers", "rate", "tuning"]

Measured = dict[str, Any]

# Title, label of the x axis, and the point that has a target.
CURVES: dict[str, tuple[str, str, tuple[str, float] | None]] = {
    "keys": ("Number of keys", "distinct keys", ("1 M", 0.25)),
    "sliding": ("Overlapping windows", "windows that a row belongs to", ("120", 0.9)),
    "disorder": (
        "Disorder",
        "rows up to 5 s late, inside the bound of the watermark",
        ("100 %", 0.75),
    ),
    "batch_rows": ("Batch size", "rows of a batch", None),
    "zipf": ("Skew of keys", "exponent of Zipf's law, 100,000 keys", None),
    "aggregates": ("Aggregates", "built-in aggregates of one window", None),
    "sessions": ("Sessions", "1,000 keys, bursts of 50 s", ("session count", 0.5)),
    "words": ("Kinds of keys", "5,000 keys", None),
    "shared": ("Windows on one stream", "windows over one keyed stream", ("20", 0.6)),
}


def curve_name(test: str) -> str:
    """Name the curve of a test."""
    inside = test.partition("[")[2].rstrip("]")
    return inside or test.removeprefix("test_")


def curves(found: Sequence[Measured], folder: Path) -> Iterator[str]:
    """Draw each curve and write its table."""
    for row in found:
        points = row["extra_info"].get("turns", {})
        name = curve_name(row["name"])
        known = "pipelines/test_curves" in row["fullname"] or name in CURVES
        if not known or len(points) < 2:
            continue
        title, label, gate = CURVES.get(name, (name.replace("_", " "), "", None))
        names = list(points)
        first = points[names[0]]
        spans = []
        for point in points.values():
            rounds = ratios(first, point)
            spans.append(Span(statistics.median(rounds), rounds[0], rounds[-1]))
        curve(folder / f"{name}.svg", title, label, names, spans, gate)
        yield f"### {title}"
        yield ""
        yield f"![{title}: rate beside that of {names[0]}]({name}.svg)"
        yield ""
        yield f"| {label} | rows | ns per row, median (best) | rate beside {names[0]} | rounds |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        for (point_name, point), span in zip(points.items(), spans, strict=True):
            middle = statistics.median(point["cpu_s"]) / point["rows"] * 1e9
            best = min(point["cpu_s"]) / point["rows"] * 1e9
            yield (
                f"| {point_name} | {rate(point['rows'])} | {figure(middle)} ({figure(best)}) "
                f"| {span.middle:.2f} | {span.low:.2f} – {span.high:.2f} |"
            )
        yield ""
        if name == "batch_rows":
            yield f"One batch costs {per_batch_us(points):.1f} µs beside its rows (least squares)."
            yield ""


def per_batch_us(points: Mapping[str, Measured]) -> float:
    """Fit time per row = a + b / rows of a batch, over the best rounds; return b in µs."""
    pairs = [(1 / int(name), min(point["cpu_s"]) / point["rows"]) for name, point in points.items()]
    mean_x = statistics.fmean(x for x, _ in pairs)
    mean_y = statistics.fmean(y for _, y in pairs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    return slope / sum((x - mean_x) ** 2 for x, _ in pairs) * 1e6


def peers(pairs: Sequence[Comparison], folder: Path) -> Iterator[str]:
    """Write the table of other engines, with a picture for each job."""
    if not pairs:
        yield "Not measured in this run."
        return
    yield (
        "| job | keys | engine | threads | rows/s, median (best) | start, s | ours beside, rows/s "
        "| ours / theirs, wall | rounds | |"
    )
    yield "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    for pair in pairs:
        head = f"| {pair.job} | {rate(pair.keys)} | {pair.peer} | {pair.threads} "
        if pair.ours is None or pair.theirs is None:
            reason = pair.skipped.strip().splitlines()[0]
            yield f"{head}| – | | | | | skipped: {reason} |"
            continue
        theirs, ours = pair.theirs, pair.ours
        middle, best = median_rate(theirs), theirs.rows_per_s(min(theirs.wall_s))
        rounds = pair.ratios
        note = "disturbed" if is_disturbed(pair.load) else ""
        yield (
            f"{head}| {rate(middle)} ({rate(best)}) | {theirs.start_s:.1f} "
            f"| {rate(median_rate(ours))} | **{figure(pair.ratio)}** "
            f"| {figure(rounds[0])} – {figure(rounds[-1])} | {note} |"
        )
    yield ""
    for job, keys in dict.fromkeys((pair.job, pair.keys) for pair in pairs):
        values = rates_of(pairs, job, keys)
        if len(values) > 1:
            name = f"peers_{job}_{keys}.svg"
            title = f"{job}, {rate(keys)} keys: rows per second"
            bars(folder / name, title, "rows/s", values)
            yield f"![{title}]({name})"
            yield ""


def median_rate(side: Any) -> float:
    """Rate of the median run."""
    return float(side.rows_per_s(statistics.median(side.wall_s)))


def rates_of(pairs: Sequence[Comparison], job: str, keys: int) -> dict[str, float]:
    """Return the median rate of each engine; ours is the median over all its pairs."""
    found: dict[str, list[float]] = {}
    for pair in pairs:
        if (pair.job, pair.keys) == (job, keys) and pair.ours and pair.theirs:
            threads = f", {pair.threads} threads" if pair.threads > 1 else ""
            found.setdefault(pair.ours.name, []).append(median_rate(pair.ours))
            found.setdefault(pair.peer + threads, []).append(median_rate(pair.theirs))
    return {name: statistics.median(rates) for name, rates in found.items()}


def tuning(pairs: Sequence[Comparison]) -> Iterator[str]:
    """Say versions and tuning of every engine, once."""
    said = set()
    for pair in pairs:
        for side in (pair.ours, pair.theirs):
            if side is None or side.name in said:
                continue
            said.add(side.name)
            versions = ", ".join(f"{name} {number}" for name, number in side.versions.items())
            yield f"- {side.name} ({versions}): {side.tuning}."


def beside_python(beside: Sequence[Measured]) -> Iterator[str]:
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


def micro(found: Sequence[Measured]) -> Iterator[str]:
    """Make the table of kernels alone, and of those beside a roofline."""
    yield "| benchmark | rows/s, median (best) | ns per row, best | beside | rounds |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for row in found:
        extra, stats = row["extra_info"], row["stats"]
        if "rows_per_s" in extra:
            yield (
                f"| {title(row)} | {rate(extra['rows_per_s'])} ({rate(extra['rows_per_s_best'])}) "
                f"| {1e9 / extra['rows_per_s_best']:.1f} | | {stats['rounds']} |"
            )
        elif "flinkette" in extra.get("turns", {}):
            yield turns_row(row)


def turns_row(row: Measured) -> str:
    """Write a line for ours and what ran in turns with it."""
    points = row["extra_info"]["turns"]
    ours = points["flinkette"]
    others = [
        f"{name} / ours {median_ratio(point, ours):.2f}"
        for name, point in points.items()
        if point is not ours
    ]
    best = min(ours["cpu_s"]) / ours["rows"]
    middle = statistics.median(ours["cpu_s"]) / ours["rows"]
    return (
        f"| {title(row)} | {rate(1 / middle)} ({rate(1 / best)}) | {best * 1e9:.2f} "
        f"| {', '.join(others)} | {len(ours['cpu_s'])} |"
    )


def title(row: Measured) -> str:
    """Name a benchmark without the words every name has."""
    name: str = row["name"].removeprefix("test_").replace("_", " ")
    return name.replace("[", " (").replace("]", ")")


def spread(stats: Measured) -> str:
    """Give the middle half of the rounds."""
    return f"{duration(stats['q1'])} – {duration(stats['q3'])}"


def rate(per_s: float) -> str:
    """Write a number with three digits and a letter."""
    if per_s >= 1e6:
        return f"{float(f'{per_s / 1e6:.3g}'):g} M"
    if per_s >= 1e3:
        return f"{float(f'{per_s / 1e3:.3g}'):g} k"
    return f"{per_s:.0f}"


def duration(seconds: float) -> str:
    """Seconds with three digits."""
    if seconds >= 1e-3:
        return f"{float(f'{seconds * 1e3:.3g}'):g} ms"
    return f"{float(f'{seconds * 1e6:.3g}'):g} µs"
