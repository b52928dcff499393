"""How the speed of one operator changes with the job: each test is one curve of the report.

The points of a curve run in turns; what counts is the rate of each beside the first one's.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from bench.pipelines.jobs import Job, Rows, check, made_table, run
from bench.pipelines.test_shared_windows import run_windows

# 1,000 rows per millisecond, so that what a window gives at its end is little beside its rows.
DENSE = Rows(rows_per_ms=1_000)
SLIDE_MS = 20
BURSTS = Rows(burst_ms=50_000, pause_ms=60_000)


def keys_curve() -> dict[str, Job]:
    counts = {"1": 1, "1 k": 1_000, "64 k": 65_536, "1 M": 1_000_000, "10 M": 10_000_000}
    return {
        name: Job(
            Rows(keys=count, rows_per_ms=1_000),
            least_rows=max(8_000_000, 2 * count),  # rows of known keys must prevail
            most_rows=max(8_000_000, 2 * count),
        )
        for name, count in counts.items()
    }


def sliding_curve() -> dict[str, Job]:
    return {
        str(overlap): Job(DENSE, size_ms=overlap * SLIDE_MS, slide_ms=SLIDE_MS)
        for overlap in (1, 2, 5, 10, 60, 120, 600)
    }


def disorder_curve() -> dict[str, Job]:
    return {
        f"{share} %": Job(Rows(disordered=share / 100, disorder_ms=5_000))
        for share in (0, 10, 25, 50, 75, 100)
    }


def batch_curve() -> dict[str, Job]:
    return {str(rows): Job(batch_rows=rows) for rows in (64, 256, 1_024, 4_096, 8_192, 65_536)}


def zipf_curve() -> dict[str, Job]:
    return {
        f"{skew:g}": Job(Rows(keys=100_000, rows_per_ms=100, skew=skew))
        for skew in (0.0, 0.5, 0.8, 1.0, 1.2, 1.5)
    }


def aggregates_curve() -> dict[str, Job]:
    return {
        "count": Job(aggregates=("count",)),
        "sum": Job(),
        "sum, count": Job(aggregates=("sum", "count")),
    }


def sessions_curve() -> dict[str, Job]:
    counting = Job(BURSTS, aggregates=("count",))
    return {
        "tumbling count": counting,
        "session count": counting.with_(kind="session"),
    }


def words_curve() -> dict[str, Job]:
    return {
        "ints 0 to 4,999": Job(Rows(keys=5_000), aggregates=("count",)),
        "sparse ints": Job(Rows(keys=5_000, is_sparse=True), aggregates=("count",)),
        "words": Job(Rows(keys=5_000, has_words=True), aggregates=("count",)),
    }


CURVES = {
    "keys": keys_curve,
    "sliding": sliding_curve,
    "disorder": disorder_curve,
    "batch_rows": batch_curve,
    "zipf": zipf_curve,
    "aggregates": aggregates_curve,
    "sessions": sessions_curve,
    "words": words_curve,
}


@pytest.mark.timeout(300)
def test_shared(time_turns: Any) -> None:
    rows = 2_000_000
    table = Job().shape.table(rows).rename_columns(["key", "ts", "v"])
    points = {
        str(count): lambda rows, count=count: run_windows(table.slice(0, rows), count)
        for count in (1, 2, 5, 10, 20)
    }
    time_turns(points, most=dict.fromkeys(points, rows))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CURVES)
def test_curve(time_turns: Any, name: str) -> None:
    jobs = CURVES[name]()
    check([job.with_(batch_rows=job.batch_rows or 1_000) for job in jobs.values()], rows=5_000)
    points = {point: partial(run, job) for point, job in jobs.items()}
    time_turns(
        points,
        most={point: job.most_rows for point, job in jobs.items()},
        least={point: job.least_rows for point, job in jobs.items()},
    )
    made_table.cache_clear()
