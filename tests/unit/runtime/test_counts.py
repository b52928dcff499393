"""What subtasks count: rows, and on whom time was spent; no row is looked at for it."""

from __future__ import annotations

import sys
from typing import Any

import pyarrow as pa
import pytest

from flinkette._native.batch import Batch
from flinkette.client.embedded import EmbeddedJob
from flinkette.client.settings import plan_options
from flinkette.common import Time, WatermarkStrategy
from flinkette.datastream.submission import graph_to_submit
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.sinks import BlackholeSink
from flinkette.metrics.figures import TaskFigures
from flinkette.metrics.task_counts import TaskCounts
from flinkette.plan.job_graph import build_job_graph
from flinkette.runtime.clock import VirtualClock
from flinkette.runtime.counts import task_counts
from unit.runtime.jobs import Feed, MemorySink, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")
MS = 1_000_000
STATES = ("Busy", "Idle", "BackPressured")


class Watch(VirtualClock):
    """Time passes only where the test says so."""

    def __init__(self) -> None:
        super().__init__(1000)
        self.ns = 0

    def monotonic_ns(self) -> int:  # type: ignore[override]
        return self.ns

    def takes(self, ms: int) -> Any:
        """Return a function that takes so long for every value."""

        def identity(value: Any) -> Any:
            self.ns += ms * MS
            return value

        return identity


class SlowSink(MemorySink):
    """Takes a while for each batch."""

    def __init__(self, watch: Watch, ms: int) -> None:
        super().__init__()
        self.watch, self.ms = watch, ms

    def __deepcopy__(self, memo: Any) -> SlowSink:
        return self

    def create_writer(self, context: Any) -> Any:
        writer: Any = super().create_writer(context)
        write = writer.write

        def slow(batch: Batch) -> None:
            self.watch.ns += self.ms * MS
            write(batch)

        writer.write = slow
        return writer


class Measured:
    """A job whose time is the test's."""

    def __init__(self, env: Any, watch: Watch) -> None:
        self.watch = watch
        graph = graph_to_submit(env._stream_graph)
        job_graph = build_job_graph(graph, plan_options(env._configuration))
        self.job = EmbeddedJob(job_graph, env._configuration, "test", watch)
        self.job.step()

    def settle(self) -> None:
        while self.job.worker.step():
            pass

    def counts(self) -> list[TaskCounts]:
        return task_counts(self.job.worker.subtasks)

    def task(self, vertex: int) -> TaskFigures:
        self.job.counts()
        (task,) = self.job.figures().vertices[vertex].tasks
        return task


def test_time_belongs_to_the_operator_that_took_it() -> None:
    watch = Watch()
    feed, sink = Feed(*range(10)), SlowSink(watch, 7)
    env = environment()
    mapped = stream_of(env, feed).map(watch.takes(2))
    mapped.key_by(lambda row: 0).map(watch.takes(3)).sink_to(sink)
    run = Measured(env, watch)
    run.settle()
    source, keyed = run.counts()
    assert [(each.rows_in, each.busy_ns // MS) for each in source.operators] == [(10, 0), (10, 20)]
    assert [(each.rows_in, each.busy_ns // MS) for each in keyed.operators] == [
        (10, 30),
        (10, 7 * len(sink.sizes)),
    ]
    run.job.close()


def test_a_subtask_without_input_is_idle_and_one_without_room_back_pressured() -> None:
    watch = Watch()
    feed, sink = Feed(*range(10)), MemorySink()
    env = environment(pipeline_operator__chaining_enabled=False)
    stream_of(env, feed).map(watch.takes(1)).sink_to(sink)
    run = Measured(env, watch)
    run.settle()
    watch.ns += 100 * MS
    run.settle()
    source, mapped, _ = run.counts()
    assert (mapped.running_ns, mapped.idle_ns) == (110 * MS, 100 * MS)
    assert source.idle_ns >= 100 * MS
    sink.is_ready = False
    feed.rows.extend(range(10_000))
    run.settle()
    before = run.counts()
    watch.ns += 50 * MS
    run.settle()
    after = run.counts()
    waited = [
        (now.idle_ns - then.idle_ns, now.backpressured_ns - then.backpressured_ns)
        for now, then in zip(after, before, strict=True)
    ]
    assert waited[2] == (0, 50 * MS)
    assert run.task(2).metrics["backPressuredTimeMsPerSecond"] > 0
    run.job.close()


def test_two_vertices_in_one_loop_share_its_time() -> None:
    watch = Watch()
    env = environment()
    mapped = stream_of(env, Feed(*range(10))).map(watch.takes(2))
    mapped.key_by(lambda row: 0).map(watch.takes(3)).sink_to(MemorySink())
    run = Measured(env, watch)
    run.settle()
    watch.ns += 50 * MS
    run.settle()
    shares = [
        {state: run.task(vertex).metrics[f"accumulate{state}TimeMs"] for state in STATES}
        for vertex in (0, 1)
    ]
    # 20 ms before the keyed edge, 30 behind it, 50 without input
    assert shares == [
        {"Busy": 20, "Idle": 50, "BackPressured": 30},
        {"Busy": 30, "Idle": 70, "BackPressured": 0},
    ]
    run.job.close()


@pytest.mark.parametrize("sharing", [True, False])
def test_rows_that_a_window_drops_are_counted(sharing: bool) -> None:
    times = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
    env = environment(flinkette_batch_rows=2, flinkette_window_sharing=sharing)
    rows = pa.table({"key": [1, 1, 1, 1], "time": [0, 5000, 9000, 1], "value": [1, 2, 3, 4]})
    timed = env.from_arrow(rows).assign_timestamps_and_watermarks(times)
    windows = timed.key_by("key").window(TumblingEventTimeWindows.of(Time.seconds(1)))
    windows.reduce(lambda a, _: a).sink_to(MemorySink())
    run = Measured(env, Watch())
    while run.job.step():
        pass
    metrics = run.task(1).metrics
    assert metrics["numLateRecordsDropped"] == 1
    assert metrics["currentInputWatermark"] == 2**63 - 1
    assert (metrics["numRecordsIn"], metrics["numRecordsOut"]) == (4, 3)


def test_a_job_at_a_glance_counts_what_sources_read_and_sinks_took() -> None:
    env = environment()
    stream = stream_of(env, Feed(*range(10), None)).filter(lambda row: row % 2 == 0)
    stream.sink_to(MemorySink())
    stream.sink_to(MemorySink())
    run = Measured(env, Watch())
    while run.job.step():
        pass
    assert run.job.counts() == (10, 10, 2**63 - 1)
    figures = run.job.figures()
    assert (figures.rows_in, figures.rows_out) == (10, 10)
    assert [each.name for each in figures.vertices[0].operators] == ["Source: feed", "Filter"]


def test_counting_costs_nothing_per_row() -> None:
    def calls(rows: int) -> int:
        """How many Python functions run for twenty batches of so many rows."""
        numbers = list(range(20 * rows))
        table = pa.table({"key": [each % 3 for each in numbers], "value": numbers})
        env = environment(flinkette_batch_rows=rows)
        env.from_arrow(table).key_by("key").sum("value").sink_to(BlackholeSink())
        run = Measured(env, Watch())
        count = 0

        def count_calls(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal count
            count += event == "call"

        before = sys.getprofile()
        sys.setprofile(count_calls)
        try:
            while run.job.step():
                pass
        finally:
            sys.setprofile(before)
        return count

    assert calls(500) <= 1.2 * calls(50)
