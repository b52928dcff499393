"""Sessions and windows of rows against tumbling windows over the same rows."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Time, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import (
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import Count
from flinkette.ext.sinks import BlackholeSink

ROW_COUNT = 2_000_000
BURST_ROWS = 200_000

TUMBLING = TumblingEventTimeWindows.of(Time.seconds(10))
WINDOWS = {
    "session_short_gap": EventTimeSessionWindows.with_gap(Time.seconds(1)),
    "session_long_gap": EventTimeSessionWindows.with_gap(Time.hours(1)),
    "count_of_10": CountTumblingWindowAssigner.of(10),
}


def bursts(key_count: int) -> Any:
    """Rows of all keys in bursts of 20 s, with 10 s of silence between them."""
    numpy = pytest.importorskip("numpy")
    pyarrow = pytest.importorskip("pyarrow")
    rows = numpy.arange(ROW_COUNT, dtype="int64")
    times = rows // 10 + rows // BURST_ROWS * 10_000
    return pyarrow.table({"key": rows * 2654435761 % key_count, "ts": times})


def run_job(table: Any, assigner: Any) -> int:
    """Run the job as a program does, graph and all; return how many windows fired."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("ts")
    keyed = env.from_arrow(table).assign_timestamps_and_watermarks(strategy).key_by("key")
    sink = BlackholeSink()
    keyed.window(assigner).aggregate([Count()], with_key=True).sink_to(sink)
    env.execute()
    return sink.num_rows


@pytest.mark.parametrize("key_count", [1_000, 100_000])
@pytest.mark.parametrize("name", list(WINDOWS))
def test_windows_beside_tumbling(time_beside: Any, name: str, key_count: int) -> None:
    table = bursts(key_count)
    assert run_job(table, WINDOWS[name]) > 0
    time_beside(
        lambda: run_job(table, WINDOWS[name]), lambda: run_job(table, TUMBLING), ROW_COUNT, 7
    )
