"""The keyed sum of one window beside DuckDB's GROUP BY and the plainest table in C++, in CPU time.

8 M rows fall into one window, so that all engines make one result per key.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from bench.native.driver import Driver, NoCompiler
from bench.pipelines.jobs import Job, Rows, check, run
from bench.turns import MOST_ROWS, Took

ROW_COUNT = min(8_000_000, MOST_ROWS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "keys"), [("1k", 1_000), ("1m", 1_000_000)])
def test_grouping(time_turns: Any, benchmark: Any, name: str, keys: int) -> None:
    job = Job(Rows(keys=keys, rows_per_ms=1_000))
    check([job])
    try:
        driver = Driver()
    except NoCompiler as reason:
        pytest.skip(str(reason))
    rows = 10_000 if benchmark.disabled else ROW_COUNT
    connection = duckdb.connect(":memory:")
    connection.execute("SET threads=1")
    connection.register("made", job.shape.table(rows))
    connection.execute("CREATE TABLE t AS SELECT key, value FROM made")
    connection.unregister("made")
    grouped = "SELECT count(*) FROM (SELECT key, sum(value) AS total FROM t GROUP BY key)"

    def run_duckdb() -> int:
        return int(connection.execute(grouped).fetchone()[0])

    def run_roofline() -> Took:
        took = driver.time(f"roof_table_sum_{name}", 4)
        return Took(took.wall_ns / 1e9, took.cpu_ns / 1e9, calls=4)

    def run_ours() -> int:
        return run(job, rows)

    assert run_ours() == run_duckdb() == min(rows, keys)
    with driver, connection:
        points = {"flinkette": run_ours, "DuckDB": run_duckdb, "roofline": run_roofline}
        time_turns(points, rows={"flinkette": rows, "DuckDB": rows, "roofline": 1 << 20})
