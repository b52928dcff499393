"""What a batch costs whatever its rows: from_arrow, watermarks from a field, key_by, blackhole.

Time per row is that of the kernels plus the cost of a batch shared by its rows; the line through
the points of several batch sizes tells the two apart. `us_per_batch` is in the report's data, and
`us_per_operator` counts source, watermarks, keys, the keyed edge and the sink as five.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from flinkette.common import Configuration, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink

BATCH_ROWS = (64, 256, 1_024, 4_096, 8_192, 16_384, 65_536)
BATCHES = 1_500
MOST = 4_000_000
ROWS = np.arange(MOST, dtype=np.int64)
TABLE = pa.table(
    {"key": ROWS * 2654435761 % 1_000, "time": ROWS // 10, "value": np.ones(MOST, np.int64)}
)
OPERATORS = {"source": 2, "watermarks": 3, "watermarks and keys": 5}


def run(job: str, batch_rows: int, rows: int) -> None:
    configuration = Configuration()
    configuration.set_string("flinkette.batch.rows", str(batch_rows))
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    stream = env.from_arrow(TABLE.slice(0, rows))
    if job != "source":
        strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
        stream = stream.assign_timestamps_and_watermarks(strategy)
    if job == "watermarks and keys":
        stream = stream.key_by("key")
    sink = BlackholeSink()
    stream.sink_to(sink)
    env.execute()
    assert sink.num_rows == rows


@pytest.mark.timeout(300)
@pytest.mark.parametrize("job", OPERATORS)
def test_overhead(time_turns: Any, benchmark: Any, job: str) -> None:
    rows = {size: 1_000 if benchmark.disabled else min(size * BATCHES, MOST) for size in BATCH_ROWS}
    time_turns(
        {str(size): lambda size=size: run(job, size, rows[size]) for size in BATCH_ROWS},
        rows={str(size): rows[size] for size in BATCH_ROWS},
    )
    turns = benchmark.extra_info.get("turns")
    if turns is None:
        return
    ns_per_row = np.array([1e9 * min(turns[str(size)]["cpu_s"]) / rows[size] for size in rows])
    terms = np.array([[1.0, 1.0 / size] for size in rows])
    # relative errors count alike, or the smallest batches would decide alone
    kernel_ns, batch_ns = np.linalg.lstsq(terms / ns_per_row[:, None], np.ones(len(rows)))[0]
    benchmark.extra_info["kernel_ns_per_row"] = float(kernel_ns)
    benchmark.extra_info["us_per_batch"] = float(batch_ns) / 1e3
    benchmark.extra_info["us_per_operator"] = float(batch_ns) / 1e3 / OPERATORS[job]
