"""The columnar jobs that pipelines measure: rows in an Arrow table, built-in aggregates, a sink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from flinkette.common import Configuration, Duration, Time, WatermarkStrategy
from flinkette.datastream import DataStream, StreamExecutionEnvironment
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import Count, Sum
from flinkette.ext.sinks import BlackholeSink

__all__ = ["Job", "Rows", "expected", "results", "run"]

FACTOR = 2654435761
START_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Rows:
    """How the rows of a table look: key, time in ms, value 1 to 5.

    `disordered` is the share of rows whose time lies up to `disorder_ms` back; `skew` the exponent
    of Zipf's law; after every `burst_ms` of event time the stream says nothing for `pause_ms`. Keys
    are numbers from 0 on, the same times a large number if they are sparse, or words.
    """

    keys: int = 1_000
    rows_per_ms: int = 10
    disordered: float = 0.0
    disorder_ms: int = 0
    skew: float = 0.0
    burst_ms: int = 0
    pause_ms: int = 0
    has_words: bool = False
    is_sparse: bool = False

    def table(self, rows: int) -> pa.Table:
        """Return the first rows."""
        return made_table(self, rows)


# As many as a curve has points, so that none is made while a job is timed.
@lru_cache(maxsize=16)
def made_table(shape: Rows, rows: int) -> pa.Table:
    """Make the rows; the same ones each time."""
    choice = np.random.default_rng(20130101)
    row = np.arange(rows, dtype=np.int64)
    key = row * FACTOR % shape.keys
    if shape.skew:
        weights = 1 / np.arange(1, shape.keys + 1) ** shape.skew
        limits = np.cumsum(weights / weights.sum())
        key = np.minimum(np.searchsorted(limits, choice.random(rows)), shape.keys - 1)
    time = START_MS + row // shape.rows_per_ms
    if shape.burst_ms:
        time += (time - START_MS) // shape.burst_ms * shape.pause_ms
    if shape.disordered:
        back = choice.integers(0, shape.disorder_ms + 1, rows)
        time -= np.where(choice.random(rows) < shape.disordered, back, 0)
    keys = pa.array(key.astype(np.int64))
    if shape.is_sparse:
        keys = pa.array(key.astype(np.int64) * 0x1E3779B97F4A7C15)
    if shape.has_words:
        keys = pa.array([f"w{number:06}" for number in range(shape.keys)]).take(keys)
    return pa.table({"key": keys, "time": time, "value": row % 5 + 1})


@dataclass(frozen=True)
class Job:
    """A window over such rows. `size_ms` is the gap of a session; `slide_ms` 0 means tumbling.

    A timed run has `least_rows` to `most_rows`.
    """

    shape: Rows = Rows()
    kind: str = "time"
    size_ms: int = 10_000
    slide_ms: int = 0
    aggregates: tuple[str, ...] = ("sum",)
    batch_rows: int = 0
    least_rows: int = 0
    most_rows: int = 8_000_000

    def with_(self, **changes: Any) -> Job:
        """Return the job with some fields changed."""
        return replace(self, **changes)


def environment(job: Job) -> StreamExecutionEnvironment:
    """Make the environment of a run."""
    configuration = Configuration()
    if job.batch_rows:
        configuration.set_integer("flinkette.batch.rows", job.batch_rows)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    return env


def assigner(job: Job) -> Any:
    """Return the window assigner."""
    size = Time.milliseconds(job.size_ms)
    if job.kind == "session":
        return EventTimeSessionWindows.with_gap(size)
    if job.slide_ms:
        return SlidingEventTimeWindows.of(size, Time.milliseconds(job.slide_ms))
    return TumblingEventTimeWindows.of(size)


def windowed(env: StreamExecutionEnvironment, job: Job, table: pa.Table) -> DataStream:
    """Build the program."""
    bound = Duration.of_millis(job.shape.disorder_ms)
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(bound)
    rows = env.from_arrow(table).assign_timestamps_and_watermarks(
        strategy.with_timestamp_assigner("time")
    )
    makers = {"sum": lambda: Sum("value"), "count": Count}
    aggregates = [makers[name]() for name in job.aggregates]
    windows = rows.key_by("key").window(assigner(job))
    return windows.aggregate(*aggregates, with_key=True, with_window=True)


def run(job: Job, rows: int) -> int:
    """Run the job, graph and all, into a sink that discards; return the number of results."""
    env = environment(job)
    sink = BlackholeSink()
    windowed(env, job, job.shape.table(rows)).sink_to(sink)
    env.execute()
    return int(sink.num_rows)


def results(job: Job, rows: int) -> list[tuple[Any, ...]]:
    """Return key, start, end and aggregates of every window, sorted."""
    made = windowed(environment(job), job, job.shape.table(rows))
    with made.execute_and_collect() as found:
        return sorted(tuple(row) for row in found)


def expected(job: Job, rows: int) -> list[tuple[Any, ...]]:
    """Return the same from DuckDB."""
    columns = {"sum": "sum(value)::BIGINT", "count": "count(*)"}
    aggregates = ", ".join(columns[name] for name in job.aggregates)
    query = session_query(job, aggregates) if job.kind == "session" else time_query(job, aggregates)
    with duckdb.connect(":memory:") as connection:
        connection.register("t", job.shape.table(rows))
        return sorted(connection.execute(query).fetchall())


def time_query(job: Job, aggregates: str) -> str:
    """Return SQL: every row once in each of its windows."""
    slide = job.slide_ms or job.size_ms
    starts = f"time - time % {slide} - unnest(range({job.size_ms // slide})) * {slide}"
    return (
        f'SELECT key, start, start + {job.size_ms} AS "end", {aggregates} '
        f"FROM (SELECT *, {starts} AS start FROM t) GROUP BY key, start"
    )


def session_query(job: Job, aggregates: str) -> str:
    """Return SQL: gaps and islands."""
    return (
        f"SELECT key, min(time), max(time) + {job.size_ms}, {aggregates} FROM ("
        "SELECT *, sum(begins) OVER (PARTITION BY key ORDER BY time, value) AS island FROM ("
        "SELECT *, (time - lag(time) OVER (PARTITION BY key ORDER BY time, value) "
        f">= {job.size_ms})::INT AS begins FROM t)) GROUP BY key, coalesce(island, 0)"
    )


def check(jobs: Sequence[Job], rows: int = 20_000) -> None:
    """Compare the results of each job with DuckDB's."""
    for job in jobs:
        found, wanted = results(job, rows), expected(job, rows)
        assert found == wanted, f"{job}: {len(found)} results, {len(wanted)} expected"
