"""An interval join of two tables against a hash join of the same rows by DuckDB, on one thread.

DuckDB is given both tables whole and counts the pairs that it would return; the stream holds every
row until the watermark lets it go: all keys are live at the end.
"""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Time, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.joins import JoinedFields
from flinkette.ext.sinks import BlackholeSink

ROW_COUNT = 2_000_000
"""Of each side."""
FACTOR = 2654435761
LOWER_MS, UPPER_MS = -3_600_000, 3_600_000


def tables(key_count: int) -> tuple[Any, Any]:
    """Two rows of each key and side when there are 1 M keys, in an order of their own."""
    numpy = pytest.importorskip("numpy")
    pyarrow = pytest.importorskip("pyarrow")
    rows = numpy.arange(ROW_COUNT, dtype="int64")
    left = {"key": rows * FACTOR % key_count, "ts": rows, "a": rows % 7}
    right = {"key": (rows + 5) * 40_503 % key_count, "ts": rows + 3, "b": rows % 5}
    return pyarrow.table(left), pyarrow.table(right)


def run_join(left: Any, right: Any) -> int:
    """Run the job as a program does, graph and all; return how many pairs there were."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("ts")
    first, second = (
        env.from_arrow(table).assign_timestamps_and_watermarks(strategy).key_by("key")
        for table in (left, right)
    )
    bounds = Time.milliseconds(LOWER_MS), Time.milliseconds(UPPER_MS)
    sink = BlackholeSink()
    fields = JoinedFields(["key", "a"], ["b"])
    first.interval_join(second).between(*bounds).process(fields).sink_to(sink)
    env.execute()
    return sink.num_rows


def run_duckdb(connection: Any) -> int:
    """Make the same rows in DuckDB, and look at each of them."""
    found = connection.execute(
        "SELECT count(*), sum(l.key), sum(l.a), sum(r.b) FROM l JOIN r ON l.key = r.key "
        f"AND r.ts BETWEEN l.ts + {LOWER_MS} AND l.ts + {UPPER_MS}"
    ).fetchone()
    return int(found[0])


@pytest.mark.parametrize("key_count", [1_000_000])
def test_interval_join_beside_duckdb(time_beside: Any, key_count: int) -> None:
    duckdb = pytest.importorskip("duckdb")
    left, right = tables(key_count)
    connection = duckdb.connect(config={"threads": 1})
    for name, table in (("l", left), ("r", right)):
        connection.register("given", table)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    assert run_join(left, right) == run_duckdb(connection) > ROW_COUNT
    time_beside(
        lambda: run_join(left, right), lambda: run_duckdb(connection), 2 * ROW_COUNT, rounds=5
    )
