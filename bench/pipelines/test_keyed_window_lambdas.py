"""A keyed window in Python lambdas against the loop that a Python programmer would write."""

from __future__ import annotations

from typing import Any

import pytest

from bench.pairs import best_ratio
from flinkette.common import Time, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream import DataStream, StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.sinks import BlackholeSink

Row = tuple[int, int, int]

ROW_COUNT = 200_000
KEY_COUNT = 1_000
WINDOW_MS = 10_000
MIN_RATIO = 0.5
ROWS: list[Row] = [
    (row * 2654435761 % KEY_COUNT, 1_700_000_000_000 + row // 10, 1) for row in range(ROW_COUNT)
]


class EventTime(TimestampAssigner):
    """The row's own time."""

    def extract_timestamp(self, value: Row, record_timestamp: int) -> int:
        return value[1]


get_key = lambda row: row[0]  # noqa: E731  (the job is in lambdas, and the loop makes the same calls)
add = lambda total, row: (total[0], row[1], total[2] + row[2])  # noqa: E731


def windowed(env: StreamExecutionEnvironment) -> DataStream:
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(EventTime())
    return (
        env.from_collection(ROWS)
        .assign_timestamps_and_watermarks(strategy)
        .key_by(get_key)
        .window(TumblingEventTimeWindows.of(Time.milliseconds(WINDOW_MS)))
        .reduce(add)
    )


def run_job() -> int:
    """Run the job as a program does, graph and all; return how many windows fired."""
    env = StreamExecutionEnvironment.get_execution_environment()
    sink = BlackholeSink()
    windowed(env).sink_to(sink)
    env.execute()
    return sink.num_rows


def run_loop() -> dict[tuple[int, int], Row]:
    """Make the same three calls per row and keep the windows in a dict."""
    get_time = EventTime().extract_timestamp
    windows: dict[tuple[int, int], Row] = {}
    for row in ROWS:
        time_ms = get_time(row, -1)
        window = (get_key(row), time_ms - time_ms % WINDOW_MS)
        total = windows.get(window)
        windows[window] = row if total is None else add(total, row)
    return windows


@pytest.fixture(scope="module")
def window_count() -> int:
    """Number of windows, once the job's rows are those of the loop."""
    found = windowed(StreamExecutionEnvironment.get_execution_environment()).execute_and_collect()
    expected = run_loop()
    assert sorted(found) == sorted(expected.values())
    assert sum(row[2] for row in expected.values()) == ROW_COUNT
    return len(expected)


def test_keyed_window_in_lambdas(time_beside: Any, window_count: int) -> None:
    assert run_job() == window_count
    time_beside(run_job, run_loop, ROW_COUNT)


@pytest.mark.stopwatch
def test_a_keyed_window_job_keeps_half_the_speed_of_the_bare_loop(window_count: int) -> None:
    assert run_job() == window_count
    pairs = best_ratio(run_loop, run_job, at_least=MIN_RATIO)
    assert pairs.best >= MIN_RATIO, f"ratios of the pairs: {pairs.ratios}"
