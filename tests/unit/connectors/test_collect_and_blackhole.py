from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from flinkette._native.batch import Batch
from flinkette.connectors.blackhole import BlackholeSink
from flinkette.connectors.collect import CollectBuffer, CollectSink

if TYPE_CHECKING:
    from conftest import SinkRunner


def test_a_full_buffer_pauses_writers_until_the_consumer_takes(sink_runner: SinkRunner) -> None:
    sink = CollectSink(CollectBuffer(max_batches=2))
    first, second = sink_runner.open(sink, parallelism=2)
    first.write(Batch.from_objects([1]))
    assert second.is_ready()
    second.write(Batch.from_objects([2, 3]))
    assert not first.is_ready()
    assert not second.is_ready()
    assert sink.buffer.take() == [1]
    assert first.is_ready()
    assert sink.buffer.take_all() == [2, 3]
    assert sink.buffer.take() is None


def test_an_unbounded_buffer_never_pauses(sink_runner: SinkRunner) -> None:
    sink = CollectSink(CollectBuffer(max_batches=None))
    sink_runner.write(sink, [[n] for n in range(100)])
    assert sink.buffer.take_all() == list(range(100))


def test_the_consumer_gets_lists_of_its_own(sink_runner: SinkRunner) -> None:
    rows = [1, 2]
    sink = CollectSink()
    sink_runner.write(sink, [Batch.from_objects(rows)])
    taken = sink.buffer.take()
    assert taken == rows
    assert taken is not rows


def test_a_blackhole_counts_what_it_drops(sink_runner: SinkRunner) -> None:
    sink = BlackholeSink()
    sink_runner.write(sink, [[1, 2], [3], []], parallelism=2)
    assert sink.num_rows == 3
    assert pickle.loads(pickle.dumps(sink)).num_rows == 0
