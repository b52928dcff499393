"""Memory of a job that goes on and on: rows made batch by batch, keyed windows, nothing kept."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from bench.turns import MOST_ROWS

ROW_COUNT = min(MOST_ROWS, int(os.environ.get("FLK_BENCH_MEMORY_ROWS", "20_000_000")))
PROGRAM = """
import json, sys
import numpy as np
import pyarrow as pa
from flinkette.common import Time, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.aggregations import Sum
from flinkette.ext.sinks import BlackholeSink

ROWS, BATCH = int(sys.argv[1]), 8_192
KEYS = np.arange(BATCH * 125, dtype=np.int64) * 2654435761 % 1_000
OFFSETS = np.arange(BATCH, dtype=np.int64)
SCHEMA = pa.schema([("key", pa.int64()), ("time", pa.int64()), ("value", pa.int64())])
ONES = pa.array(np.ones(BATCH, np.int64))
resident = []

def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

def batches():
    count = ROWS // BATCH
    for number in range(count):
        if number % max(1, count // 20) == 0:
            resident.append(round(resident_mb(), 1))
        keys = KEYS[number % 125 * BATCH:][:BATCH]
        times = (number * BATCH + OFFSETS) // 100
        yield pa.record_batch([pa.array(keys), pa.array(times), ONES], schema=SCHEMA)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
rows = env.from_arrow(pa.RecordBatchReader.from_batches(SCHEMA, batches()))
sums = (
    rows.assign_timestamps_and_watermarks(strategy)
    .key_by("key")
    .window(TumblingEventTimeWindows.of(Time.seconds(10)))
    .aggregate(Sum("value"), with_key=True, with_window=True)
)
sink = BlackholeSink()
sums.sink_to(sink)
env.execute()
print(json.dumps({"resident_mb": resident, "results": sink.num_rows}))
"""


@pytest.mark.timeout(600)
def test_memory_stays_as_it_is(
    benchmark: Any, start_python: Callable[..., subprocess.Popen[str]]
) -> None:
    rows = 200_000 if benchmark.disabled else ROW_COUNT
    found: dict[str, Any] = {}

    def run() -> None:
        process = start_python("-c", PROGRAM, str(rows))
        found.update(json.loads(process.communicate()[0]))
        assert process.returncode == 0

    benchmark.pedantic(run, rounds=1, iterations=1)
    benchmark.extra_info["resident_mb"] = found["resident_mb"]
    benchmark.extra_info["memory_rows"] = rows
    windows = -(-(rows // 8_192 * 8_192) // 1_000_000)
    assert found["results"] == windows * 1_000
    early, late = found["resident_mb"][1:5], found["resident_mb"][-4:]
    assert max(late) <= max(early) * 1.1 + 8, found["resident_mb"]
