"""Subtasks with one keyed edge between them run as one, and nobody can tell."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from flinkette.common import Time, WatermarkStrategy
from flinkette.contracts.errors import FlinketteError
from flinkette.datastream import OutputTag
from flinkette.datastream.functions import KeyedProcessFunction, ProcessFunction
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.aggregations import Sum
from flinkette.runtime.counts import task_counts
from flinkette.runtime.operators.keyed_edge import KeyedEdgeOperator
from flinkette.runtime.subtask import Subtask
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")
TIMES = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")


def edges(run: Run) -> list[int]:
    """How many keyed edges each subtask has inside."""
    return [
        sum(isinstance(each, KeyedEdgeOperator) for each in subtask.operators)
        for subtask in run.job.worker.subtasks
    ]


def columns(rows: int) -> pa.Table:
    numbers = list(range(rows))
    return pa.table({"key": [n % 3 for n in numbers], "time": numbers, "value": numbers})


class NameOfTask(KeyedProcessFunction):
    """Adds what it is told about its subtask."""

    def open(self, runtime_context: Any) -> None:
        self.name = runtime_context.get_task_name()

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield self.name, value


@pytest.mark.parametrize(("parallelism", "expected"), [(1, [2]), (2, [0] * 5)])
def test_only_subtasks_that_have_nobody_else_are_joined(
    parallelism: int, expected: list[int]
) -> None:
    sink = MemorySink()
    stream = environment(parallelism).from_arrow(columns(300))
    last = stream.key_by("key").reduce(lambda a, b: b)
    last.key_by(lambda row: row.value % 2).process(NameOfTask()).sink_to(sink)
    run = Run(stream.get_execution_environment())
    assert edges(run) == expected
    run.finish()
    assert len(sink.rows) == 300
    assert {name for name, _ in sink.rows} == {"KEYED PROCESS -> Sink: Writer"} or parallelism == 2


def test_a_stream_that_several_read_is_not_joined() -> None:
    first, second = MemorySink(), MemorySink()
    keyed = environment().from_arrow(columns(100)).key_by("key")
    keyed.reduce(lambda a, b: b).sink_to(first)
    keyed.map(lambda row: row.value).sink_to(second)
    run = Run(keyed.get_execution_environment())
    assert sum(edges(run)) == 0
    run.finish()
    assert (len(first.rows), sorted(second.rows)) == (100, list(range(100)))


def test_a_gate_with_two_inputs_is_not_joined() -> None:
    env, sink = environment(), MemorySink()
    both = env.from_arrow(columns(50)).union(env.from_arrow(columns(50)))
    both.key_by("key").reduce(lambda a, b: b).sink_to(sink)
    run = Run(env)
    assert sum(edges(run)) == 0 or len(run.job.worker.subtasks) == 3
    run.finish()
    assert len(sink.rows) == 100


def test_side_outputs_before_the_edge_stay_where_they_were() -> None:
    odd, side, main = OutputTag("odd"), MemorySink(), MemorySink()

    class Split(ProcessFunction):
        def process_element(self, value: Any, ctx: Any) -> Any:
            if value % 2:
                yield odd, value
            else:
                yield value

    env = environment()
    split = stream_of(env, Feed(*range(100), None)).process(Split())
    split.key_by(lambda value: value % 4).map(lambda value: value).sink_to(main)
    split.get_side_output(odd).sink_to(side)
    run = Run(env)
    assert sum(edges(run)) == 1
    run.finish()
    assert (main.rows, side.rows) == (list(range(0, 100, 2)), list(range(1, 100, 2)))


def incoming_watermarks(subtask: Subtask) -> list[int | None]:
    return [counts.input_watermark_ms for counts in task_counts([subtask])]


@pytest.mark.parametrize("batch_rows", [1, 7, 1000])
def test_watermarks_reach_the_window_and_who_watches(batch_rows: int) -> None:
    sink = MemorySink()
    env = environment(flinkette_batch_rows=batch_rows, pipeline_auto__watermark__interval="1 ms")
    timed = env.from_arrow(columns(100)).assign_timestamps_and_watermarks(TIMES)
    windows = timed.key_by("key").window(TumblingEventTimeWindows.of(Time.milliseconds(30)))
    windows.aggregate(Sum("value"), with_key=True, with_window=True).sink_to(sink)
    run = Run(env)
    (subtask,) = run.job.worker.subtasks
    assert incoming_watermarks(subtask) == [None, -(2**63)]
    run.finish()
    assert incoming_watermarks(subtask) == [None, 2**63 - 1]
    assert [row.window_start for row in sink.rows] == [0] * 3 + [30] * 3 + [60] * 3 + [90] * 3


def test_a_key_that_cannot_be_one_is_explained_as_ever() -> None:
    env = environment()
    stream = stream_of(env, Feed(1, 2, None))
    stream.key_by(lambda value: lambda: value).reduce(lambda a, b: b).sink_to(MemorySink())
    run = Run(env)
    assert sum(edges(run)) == 1
    with pytest.raises(FlinketteError, match=r"key: <function .*; row: 1"):
        run.finish()
