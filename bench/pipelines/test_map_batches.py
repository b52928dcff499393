"""A numpy function over whole batches beside the loop that calls it with the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from flinkette.common import Configuration
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink

ROW_COUNT = 2_000_000
BATCH_ROWS = 8_192
X = np.arange(ROW_COUNT) / 3.0
Y = np.arange(ROW_COUNT)[::-1] / 7.0
TABLE = pa.table({"x": X, "y": Y})


def polar(columns: dict) -> dict:
    x, y = columns["x"], columns["y"]
    return {"radius": np.sqrt(x * x + y * y), "log": np.log1p(x)}


def run_loop(rows: int) -> int:
    """Call it with slices, keep nothing."""
    made = 0
    for start in range(0, rows, BATCH_ROWS):
        part = slice(start, min(start + BATCH_ROWS, rows))
        made += len(polar({"x": X[part], "y": Y[part]})["radius"])
    return made


def run_job(rows: int) -> int:
    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", BATCH_ROWS)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    sink = BlackholeSink()
    env.from_arrow(TABLE.slice(0, rows)).map_batches(polar).sink_to(sink)
    env.execute()
    return int(sink.num_rows)


def test_map_batches(time_turns: Any, benchmark: Any) -> None:
    rows = 20_000 if benchmark.disabled else ROW_COUNT
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    few = TABLE.slice(0, 10_000)
    with env.from_arrow(few).map_batches(polar).execute_and_collect() as found:
        radii = [row["radius"] for row in found]
    assert radii == np.hypot(X[:10_000], Y[:10_000]).tolist() or np.allclose(
        radii, np.hypot(X[:10_000], Y[:10_000])
    )
    assert run_job(rows) == run_loop(rows) == rows
    points = {"flinkette": lambda: run_job(rows), "numpy": lambda: run_loop(rows)}
    time_turns(points, rows=rows, rounds=15)
