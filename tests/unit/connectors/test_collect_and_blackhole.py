from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pyarrow

from flinkette._native.batch import Batch
from flinkette.connectors.blackhole import BlackholeSink
from flinkette.connectors.collect import CollectBuffer, CollectSink

if TYPE_CHECKING:
    from conftest import SinkRunner


def taken(buffer: CollectBuffer) -> list[list[Any]]:
    batches = []
    while (batch := buffer.take()) is not None:
        batches.append(batch.objects())
    return batches


def test_a_full_buffer_pauses_writers_until_the_consumer_takes(sink_runner: SinkRunner) -> None:
    sink = CollectSink(CollectBuffer(max_batches=2))
    first, second = sink_runner.open(sink, parallelism=2)
    first.write(Batch.from_objects([1]))
    assert second.is_ready()
    second.write(Batch.from_objects([2, 3]))
    assert not first.is_ready()
    assert not second.is_ready()
    batch = sink.buffer.take()
    assert batch is not None
    assert batch.objects() == [1]
    assert first.is_ready()
    assert taken(sink.buffer) == [[2, 3]]


def test_an_unbounded_buffer_never_pauses(sink_runner: SinkRunner) -> None:
    sink = CollectSink(CollectBuffer(max_batches=None))
    sink_runner.write(sink, [[n] for n in range(100)])
    assert taken(sink.buffer) == [[n] for n in range(100)]


def test_batches_reach_the_consumer_as_they_are(sink_runner: SinkRunner) -> None:
    columns = Batch.from_arrow(pyarrow.table({"a": [1, 2]}))
    sink = CollectSink()
    sink_runner.write(sink, [columns, []])
    assert len(sink.buffer) == 1
    assert sink.buffer.take() is columns
    sink.buffer.put(columns)
    sink.buffer.clear()
    assert sink.buffer.take() is None


def test_a_blackhole_counts_what_it_drops(sink_runner: SinkRunner) -> None:
    sink = BlackholeSink()
    sink_runner.write(sink, [[1, 2], [3], []], parallelism=2)
    assert sink.num_rows == 3
    assert pickle.loads(pickle.dumps(sink)).num_rows == 0
