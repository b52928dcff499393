"""Writers and gates do over rings what they do over local channels, whoever has the turn."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.keys import hash_keys, owners
from flinkette._native.marks import Marks
from flinkette._native.ring import create_ring
from flinkette.exchange.element import Element, EndOfInput, Watermark
from flinkette.exchange.gate import Gate
from flinkette.exchange.gathering import FlushRule, Gathering
from flinkette.exchange.ring_channel import RingReceiver, RingSender
from flinkette.exchange.writer import EdgeWriter, HashRouter

SENDERS = 2
RECEIVERS = 3
MAX_PARALLELISM = 128

pytestmark = pytest.mark.usefixtures("no_leaks")


class Edge:
    """Two senders, three receivers, a ring for each pair; the first sender gathers its rows."""

    def __init__(self) -> None:
        self.now_ns = 0
        rule = FlushRule.of_edge(8192, 5_000_000, RECEIVERS, leaves_worker=True)
        gatherings = [Gathering(rule, lambda: self.now_ns), None]
        rings = [[create_ring(64 << 10) for _ in range(RECEIVERS)] for _ in range(SENDERS)]
        self.writers = [
            EdgeWriter(
                [RingSender(memory, lambda: None) for memory in row],
                HashRouter(RECEIVERS, MAX_PARALLELISM),
                gathering=gathering,
            )
            for row, gathering in zip(rings, gatherings, strict=True)
        ]
        self.gates = [
            Gate([RingReceiver(row[index], lambda: None) for row in rings])
            for index in range(RECEIVERS)
        ]


def batch_of(source: random.Random, sender: int, count: int, first: int) -> Batch:
    """Rows whose time is their key, with a watermark among them; columns or objects."""
    times = [first + at for at in range(count)]
    if source.random() < 0.5:
        column = Column.from_objects(times)
        batch = Batch.from_columns([column], ["v"], keys=column)
    else:
        batch = Batch.from_objects([(time, sender, "x") for time in times], keys=list(times))
    stop = source.randrange(count + 1)
    marks = Marks(Int64Buffer.of([stop]), Int64Buffer.of([first + stop - 1]))
    return batch.with_times(Int64Buffer.of(times)).with_marks(marks)


class Arrivals:
    """What one receiver has got, checked as it comes."""

    def __init__(self, receiver: int) -> None:
        self.times: Counter[int] = Counter()
        self.has_ended = False
        self._receiver = receiver
        self._watermark = -2

    def take(self, element: Element | None) -> None:
        if isinstance(element, EndOfInput):
            self.has_ended = True
        elif isinstance(element, Watermark):
            self._advance(element.time_ms)
        elif isinstance(element, Batch):
            self._take_rows(element)

    def _take_rows(self, batch: Batch) -> None:
        times = list(batch.times)
        assert set(owners(hash_keys(times), MAX_PARALLELISM, RECEIVERS)) == {self._receiver}
        stops: dict[int, list[int]] = {}
        for stop, mark in zip(*marks_of(batch), strict=True):
            stops.setdefault(stop, []).append(mark)
        for at in range(len(times) + 1):
            for mark in stops.get(at, ()):
                self._advance(mark)
            if at < len(times):
                assert times[at] > self._watermark, "a row came late"
        self.times.update(times)

    def _advance(self, time_ms: int) -> None:
        assert time_ms > self._watermark
        self._watermark = time_ms


def marks_of(batch: Batch) -> tuple[Any, Any]:
    return ((), ()) if batch.marks is None else (batch.marks.stops, batch.marks.times)


@given(st.lists(st.integers(1, 6000), min_size=1, max_size=8), st.integers(0, 10**9))
def test_every_row_reaches_the_owner_of_its_key_before_the_watermark_passes_it(
    sizes: list[int], seed: int
) -> None:
    source = random.Random(seed)
    edge = Edge()
    waiting: list[list[Any]] = [[EndOfInput()] for _ in range(SENDERS)]
    wanted: Counter[int] = Counter()
    for sender in range(SENDERS):
        first, elements = 0, []
        for size in sizes:
            elements.append(batch_of(source, sender, size, first))
            first += size
            elements.append(Watermark(first - 1))
        wanted.update(range(first))
        waiting[sender] += reversed(elements)
    arrivals = [Arrivals(receiver) for receiver in range(RECEIVERS)]
    while not all(each.has_ended for each in arrivals):
        sender, receiver = source.randrange(SENDERS), source.randrange(RECEIVERS)
        if edge.writers[sender].flush() and waiting[sender]:
            edge.writers[sender].emit(waiting[sender].pop())
        edge.now_ns += source.randrange(1_000_000)
        edge.writers[sender].release(is_idle=source.random() < 0.5)
        arrivals[receiver].take(edge.gates[receiver].poll())
    assert sum((each.times for each in arrivals), Counter()) == wanted
    assert all(writer.flush() and writer.num_pending == 0 for writer in edge.writers)
