"""Figures of a job say which input, which split of a source, or that nothing moves a watermark."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Duration, Time, WatermarkStrategy
from flinkette.contracts.source import Fetched, SourceSplit
from flinkette.datastream.functions import ProcessAllWindowFunction
from flinkette.datastream.window import TumblingEventTimeWindows
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")
FIELD = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f0")


class Partitions(Feed):
    """Two splits; rows are (split, time)."""

    def __init__(self, *rows: Any) -> None:
        super().__init__(*rows)
        self.splits = ["p0", "p1"]

    def next_split(self, reader_index: int) -> SourceSplit | None:
        return SourceSplit(self.splits.pop(0)) if self.splits else None

    def is_exhausted(self) -> bool:
        return not self.splits

    @property
    def max_splits(self) -> int:
        return 2

    def poll(self, max_rows: int) -> Fetched | None:
        from flinkette._native.batch import Batch

        if not self.rows:
            return None
        split, time = self.rows.popleft()
        rows = None if time is None else Batch.from_objects([(time,)])
        return Fetched(split, rows, None, time is None)


class Last(ProcessAllWindowFunction):
    def process(self, context: Any, elements: Any) -> Any:
        yield max(elements)


def windowed(stream: Any) -> MemorySink:
    sink = MemorySink()
    windows = stream.window_all(TumblingEventTimeWindows.of(Time.seconds(10)))
    windows.process(Last()).sink_to(sink)
    return sink


def held_back_by(run: Run) -> str:
    run.job.counts()
    found = [vertex.held_back_by for vertex in run.job.figures().vertices]
    return found[-1]


def test_the_split_that_is_behind_is_named() -> None:
    source, env = Partitions(), environment()
    sink = windowed(stream_of(env, source, FIELD))
    run = Run(env)
    source.rows += [("p0", 5_000)]
    run.settle()
    name = "Source: feed (1/1)"
    assert held_back_by(run) == f"{name}, split p1, which gave no row with a time so far"
    source.rows += [("p1", 30_000)]
    run.settle()
    assert held_back_by(run) == f"{name}, split p0"
    source.rows += [("p0", None), ("p1", 40_000)]
    run.settle()
    assert held_back_by(run) == name
    assert sink.rows == [(5_000,), (30_000,)]
    source.rows += [("p1", None)]
    run.finish()


def test_the_input_that_is_behind_is_named_and_idle_ones_are_not() -> None:
    fast, slow, env = Feed(), Feed(), environment()
    strategy = FIELD.with_idleness(Duration.of_millis(500))
    left = stream_of(env, fast, strategy).name("fast")
    windowed(left.union(stream_of(env, slow, strategy).name("slow")))
    run = Run(env)
    fast.rows += [(50_000,)]
    slow.rows += [(10_000,)]
    run.settle()
    assert held_back_by(run) == "Source: slow (1/1)"
    slow.rows += [(90_000,)]
    run.settle()
    assert held_back_by(run) == "Source: fast (1/1)"
    run.advance(600)
    assert held_back_by(run) == "inputs that are all idle"
    for feed in (fast, slow):
        feed.rows.append(None)
    run.finish()
