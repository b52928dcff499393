"""Rows on their way to the client: all of them, in order, never more than was granted."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette.cluster.mailed_rows import WINDOW_BYTES, MailedRows, ReceivedRows, ResultQueue
from flinkette.cluster.messages import Rows
from flinkette.exchange.element import EndOfInput


class Way:
    """Two workers with a sink each, the JobManager, and the client."""

    def __init__(self) -> None:
        self.queue = ResultQueue()
        self.senders = [
            MailedRows(0, lambda rows, worker=worker: self.arrive(worker, rows))
            for worker in range(2)
        ]
        self.kept_bytes = 0
        self.client = ReceivedRows()
        self.found: list[list[object]] = []

    def arrive(self, worker: int, rows: Rows) -> None:
        self.kept_bytes += len(rows.payload)
        assert self.kept_bytes <= 2 * WINDOW_BYTES
        self.queue.add(worker, rows)

    def fetch(self, max_bytes: int) -> None:
        frames, grants = self.queue.take(max_bytes)
        assert frames or not self.queue
        sizes = [len(frame.rows.payload) for frame in frames]
        assert sum(sizes) <= max_bytes or len(frames) == 1
        self.kept_bytes -= sum(sizes)
        for worker, sink, granted_bytes in grants:
            assert sink == 0
            self.senders[worker].grant(granted_bytes)
        self.found += [batch.objects() for _, batch in self.client.read(frames)]


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=12), st.integers(0, 10**9))
def test_every_row_arrives_in_its_order(sizes: list[int], seed: int) -> None:
    chance = random.Random(seed)
    way = Way()
    waiting: list[list[Batch]] = [[], []]
    sent: list[list[object]] = [[], []]
    for number, size in enumerate(sizes):
        worker = chance.randrange(2)
        wide = chance.choice([1, 100])
        rows = [(worker, number, each, "x" * wide) for each in range(size)]
        waiting[worker].append(Batch.from_objects(rows))
        sent[worker] += rows
    while any(waiting) or way.queue or any(each.has_pending for each in way.senders):
        worker = chance.randrange(2)
        if way.senders[worker].has_room() and waiting[worker]:
            way.senders[worker].put(waiting[worker].pop(0))
        if chance.random() < 0.5:
            way.fetch(chance.choice([1, 10_000, 4 << 20]))
    found = [row for rows in way.found for row in rows]
    for worker in range(2):
        assert [row for row in found if row[0] == worker] == sent[worker]


def test_a_worker_pauses_until_the_client_takes_and_sleeps_no_longer_than_that() -> None:
    way = Way()
    sender = way.senders[0]
    while sender.has_room():
        sender.put(Batch.from_objects(list(range(10_001))))
    assert sender.has_pending
    assert sender.fall_asleep()
    way.fetch(1 << 20)
    assert not sender.fall_asleep()
    while sender.has_pending or way.queue:
        sender.has_room()
        way.fetch(1 << 20)
    sender.put(EndOfInput())
    way.fetch(1)
    assert not way.queue
    found = [row for rows in way.found for row in rows]
    assert found == list(range(10_001)) * (len(found) // 10_001)
    assert found


def test_a_row_larger_than_the_window_travels_in_parts() -> None:
    way = Way()
    large = "ä" * WINDOW_BYTES
    way.senders[1].put(Batch.from_objects([large, "b"]))
    while way.senders[1].has_pending or way.queue:
        way.fetch(1 << 20)
        way.senders[1].has_room()
    assert [row for rows in way.found for row in rows] == [large, "b"]
