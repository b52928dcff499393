"""When a worker may sleep: not while there is something that it can do."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette._native.batch import Batch
from flinkette._native.ring import create_ring
from flinkette.exchange.element import Element, Watermark
from flinkette.exchange.gate import Gate
from flinkette.exchange.ring_channel import RingReceiver, RingSender
from flinkette.exchange.writer import EdgeWriter, SingleRouter
from flinkette.runtime.clock import SystemClock
from flinkette.runtime.subtask import Output, Subtask
from flinkette.runtime.worker import Worker
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")
ROWS = Batch.from_objects([float(row) for row in range(2000)])


class Between:
    """A worker that hands on what it gets, between a sender and a receiver that stand still."""

    def __init__(self) -> None:
        upstream, downstream = create_ring(64 << 10), create_ring(64 << 10)
        self.before = RingSender(upstream, lambda: None)
        self.after = RingReceiver(downstream, lambda: None)
        sender = RingSender(downstream, lambda: None)
        gate = Gate([RingReceiver(upstream, lambda: None)])
        self.worker = Worker([self.subtask(gate, sender)], SystemClock(), [sender])

    def subtask(self, gate: Gate, sender: RingSender) -> Subtask:
        """Take a map's subtask and join it to the rings."""
        env = environment(pipeline_operator__chaining_enabled=False)
        stream_of(env, Feed(1)).map(lambda row: row).sink_to(MemorySink())
        run = Run(env)
        made = run.job.worker.subtasks[1]
        writer = EdgeWriter([sender], SingleRouter(0))
        return Subtask(
            made.contexts,
            gate,
            made.operators,
            [Output({None: [writer]})],
            run.clock,
            lambda batch: batch,
        )

    def settle(self) -> None:
        while self.worker.step():
            pass

    def sleeps(self) -> bool:
        """Whether the worker would sleep now."""
        asleep: list[Any] = []
        answer = self.worker._fall_asleep(asleep)
        self.asleep = asleep
        return answer

    def wake(self) -> None:
        for end in self.asleep:
            end.wake_up()


def test_a_worker_sleeps_until_something_comes() -> None:
    between = Between()
    between.settle()
    assert between.sleeps()
    between.wake()
    between.before.put(Watermark(1))
    assert not between.sleeps()
    between.wake()
    between.settle()
    assert between.after.poll() == Watermark(1)
    assert between.sleeps()


def test_input_that_cannot_be_taken_keeps_no_worker_awake() -> None:
    between = Between()
    while between.before.has_room():
        between.before.put(ROWS)
        between.settle()
    # full on both sides: only room wakes it
    assert not between.worker.step()
    assert not between.worker.subtasks[0].input.receivers[0].is_empty()
    assert between.sleeps()
    found: Element | None = between.after.poll()
    assert isinstance(found, Batch)
    between.after.poll()
    between.wake()
    assert between.worker.step()
