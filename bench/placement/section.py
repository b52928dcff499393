"""The report's table of strategies."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["strategies"]


def strategies(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Write a line for each strategy that was measured."""
    rows = [row for row in found if "placement" in row["extra_info"]]
    if not rows:
        yield "Not measured in this run."
        return
    graphs = rows[0]["extra_info"]["placement"]["graphs"]
    yield (
        f"{graphs} random programs of 3 to 9 slots on 2 to 5 workers of up to 3 hosts, with skewed "
        "loads and bytes. Makespan: load of the fullest worker over the least possible, bytes "
        "aside. Cost: C(θ) + W(θ) over the least possible; `locality` lets the fullest worker be "
        "at most a tenth above that of `greedy`, `optimal` does not mind."
    )
    yield ""
    yield (
        "| strategy | makespan, median | 95 of 100 | worst | cost, median | 95 of 100 | worst "
        "| ms per graph, median (rounds) |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for row in rows:
        extra = row["extra_info"]["placement"]
        name = row["name"].partition("[")[2].rstrip("]")
        times = sorted(extra["ms_per_graph"])
        yield (
            f"| {name} | {ratios(extra['makespans'])} | {ratios(extra['costs'])} "
            f"| {statistics.median(times):.2f} ({times[0]:.2f} – {times[-1]:.2f}) |"
        )


def ratios(ordered: Sequence[float]) -> str:
    """Write median, 95th percentile and worst as cells."""
    high = ordered[int(0.95 * len(ordered))]
    return f"{statistics.median(ordered):.3f} | {high:.3f} | {ordered[-1]:.3f}"
