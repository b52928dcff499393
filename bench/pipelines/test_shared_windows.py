"""1 to 20 windows on one keyed stream: they share slices, so the stream hardly gets slower."""

from __future__ import annotations

from typing import Any

import pytest

from bench.pairs import best_ratio
from flinkette.common import Configuration, Time, WatermarkStrategy
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import SlidingEventTimeWindows, TumblingEventTimeWindows
from flinkette.ext.aggregations import Count, Sum
from flinkette.ext.sinks import BlackholeSink

ROW_COUNT = 6_000_000
KEY_COUNT = 1_000
MIN_RATIO_AT_20 = 0.5


def assigners(count: int, slide_s: int) -> list[Any]:
    """Tumbling windows of 1 to 10 slides and sliding ones of twice that, in turn."""
    made: list[Any] = []
    for slides in range(1, 11):
        size = Time.seconds(slides * slide_s)
        made.append(TumblingEventTimeWindows.of(size))
        twice = Time.seconds(2 * slides * slide_s)
        made.append(SlidingEventTimeWindows.of(twice, Time.seconds(slide_s)))
    return made[:count]


@pytest.fixture(scope="module")
def table() -> Any:
    """The rows of performance.md section 14: (key, event time, 1)."""
    numpy = pytest.importorskip("numpy")
    pyarrow = pytest.importorskip("pyarrow")
    rows = numpy.arange(ROW_COUNT, dtype="int64")
    return pyarrow.table(
        {
            "key": rows * 2654435761 % KEY_COUNT,
            "ts": rows // 10,
            "v": numpy.ones(ROW_COUNT, dtype="int64"),
        }
    )


def run_windows(table: Any, count: int, slide_s: int = 60, *, is_sharing: bool = True) -> list[int]:
    """Run `count` windows on one keyed stream; return how many results each gave.

    20 windows give 0.04 results per row where windows end every minute, 0.2 at every ten seconds.
    """
    configuration = Configuration()
    configuration.set_boolean("flinkette.window.sharing", is_sharing)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("ts")
    keyed = env.from_arrow(table).assign_timestamps_and_watermarks(strategy).key_by("key")
    sinks = [BlackholeSink() for _ in range(count)]
    for assigner, sink in zip(assigners(count, slide_s), sinks, strict=True):
        keyed.window(assigner).aggregate(
            [Sum("v"), Count()], with_key=True, with_window=True
        ).sink_to(sink)
    env.execute()
    return [sink.num_rows for sink in sinks]


@pytest.mark.parametrize("slide_s", [60, 10])
@pytest.mark.parametrize("count", [1, 2, 5, 10, 20])
def test_windows_on_one_stream(time_beside: Any, table: Any, count: int, slide_s: int) -> None:
    results = run_windows(table, count, slide_s)
    assert results == run_windows(table, count, slide_s, is_sharing=False)
    assert results[0] == run_windows(table, 1, slide_s)[0]
    time_beside(
        lambda: run_windows(table, count, slide_s),
        lambda: run_windows(table, 1, slide_s),
        ROW_COUNT,
        7,
    )


def test_twenty_windows_keep_most_of_the_throughput_of_one(table: Any) -> None:
    pairs = best_ratio(
        lambda: run_windows(table, 1), lambda: run_windows(table, 20), at_least=MIN_RATIO_AT_20
    )
    assert pairs.best >= MIN_RATIO_AT_20, pairs
