"""Writers and routers: every row reaches its receiver once, in order, whatever room there is."""

from __future__ import annotations

import random
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.keys import hash_keys, owners
from flinkette._native.marks import Marks
from flinkette._native.rows import copy_batch
from flinkette.exchange.channel import LocalChannel
from flinkette.exchange.element import EndOfInput, Watermark
from flinkette.exchange.writer import (
    BroadcastRouter,
    EdgeWriter,
    HashRouter,
    IndexRouter,
    RoundRobinRouter,
    SingleRouter,
)

RECEIVERS = 3
BATCHES = st.lists(st.lists(st.integers(-50, 50), min_size=1, max_size=12), max_size=12)


class FlakyChannel(LocalChannel):
    """Has room now and then, as one whose receiver runs in another process."""

    def __init__(self, source: random.Random) -> None:
        self.taken: list[Any] = []
        self._random = source

    def has_room(self) -> bool:
        return self._random.random() < 0.4

    def put(self, element: Any) -> None:
        self.taken.append(element)

    def is_empty(self) -> bool:
        return True

    def poll(self) -> None:
        return None


def choose(batch: Batch) -> Uint32Buffer:
    return Uint32Buffer.of([value % RECEIVERS for value in batch.objects()])


ROUTERS = {
    "single": (lambda: SingleRouter(1), lambda index, value: {1}),
    "round robin": (
        lambda: RoundRobinRouter(range(RECEIVERS), 2),
        lambda index, value: {(index + 2) % RECEIVERS},
    ),
    "broadcast": (
        lambda: BroadcastRouter(RECEIVERS, copy_batch),
        lambda index, value: set(range(RECEIVERS)),
    ),
    "hash": (
        lambda: HashRouter(RECEIVERS, 128),
        lambda index, value: set(owners(hash_keys([value]), 128, RECEIVERS)),
    ),
    "index": (lambda: IndexRouter(RECEIVERS, choose), lambda index, value: {value % RECEIVERS}),
}


@pytest.mark.parametrize("name", sorted(ROUTERS))
@given(batches=BATCHES, seed=st.integers(0, 99))
def test_rows_reach_their_receivers_in_order_although_room_comes_and_goes(
    name: str, batches: list[list[int]], seed: int
) -> None:
    make, receivers_of = ROUTERS[name]
    source = random.Random(seed)
    channels = [FlakyChannel(source) for _ in range(RECEIVERS)]
    writer = EdgeWriter(channels, make())
    wanted: list[list[Any]] = [[] for _ in range(RECEIVERS)]
    index = 0
    for turn, values in enumerate(batches):
        for value in values:
            for receiver in receivers_of(index, value):
                wanted[receiver].append(value)
            index += 1
        for element in (Batch.from_objects(values, keys=values), Watermark(turn)):
            while not writer.flush():
                pass
            writer.emit(element)
        for rows in wanted:
            rows.append(Watermark(turn))
    while not writer.flush():
        pass
    assert writer.num_pending == 0
    for channel, rows in zip(channels, wanted, strict=True):
        seen = []
        for element in channel.taken:
            seen += element.objects() if isinstance(element, Batch) else [element]
        assert seen == rows


def test_what_finds_no_room_stays_pending_and_goes_first() -> None:
    channels = [LocalChannel(1), LocalChannel(1)]
    writer = EdgeWriter(channels, SingleRouter(0))
    writer.emit(Watermark(1))
    assert writer.num_pending == 0
    writer.emit(Watermark(2))
    assert writer.num_pending == 2
    assert channels[1].poll() == Watermark(1)
    assert not writer.flush()
    assert channels[0].poll() == Watermark(1)
    assert writer.flush()
    assert (channels[0].poll(), channels[1].poll()) == (Watermark(2), Watermark(2))


def test_the_end_goes_to_every_receiver() -> None:
    channels = [LocalChannel(1) for _ in range(3)]
    EdgeWriter(channels, SingleRouter(2)).emit(EndOfInput())
    assert [channel.poll() for channel in channels] == [EndOfInput()] * 3


def test_a_broadcast_row_is_a_copy_for_every_receiver_but_one() -> None:
    row = [1]
    routed = BroadcastRouter(3, copy_batch).route(Batch.from_objects([row]))
    values = [batch.objects()[0] for _, batch in routed]
    assert values == [[1]] * 3
    assert len({id(value) for value in values}) == 3


def test_a_receiver_without_rows_still_gets_the_last_mark() -> None:
    marks = Marks(Int64Buffer.of([1, 3]), Int64Buffer.of([5, 9]))
    batch = Batch.from_objects([0, 3, 1]).with_marks(marks)
    routed = dict(IndexRouter(RECEIVERS, choose).route(batch))
    assert routed[2] == Watermark(9)
    assert routed[0].objects() == [0, 3]
    assert list(zip(routed[0].marks.stops, routed[0].marks.times, strict=True)) == [(1, 5), (2, 9)]
    assert routed[1].objects() == [1]
    assert routed[1].marks.last_time == 9


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 4))
def test_round_robin_goes_on_where_the_last_batch_ended(sizes: list[int], receivers: int) -> None:
    router = RoundRobinRouter(range(receivers), 0)
    seen: list[list[int]] = [[] for _ in range(receivers)]
    row = 0
    for size in sizes:
        for receiver, batch in router.route(Batch.from_objects(list(range(row, row + size)))):
            seen[receiver] += batch.objects()
        row += size
    assert seen == [list(range(receiver, row, receivers)) for receiver in range(receivers)]


def test_a_column_of_keys_for_one_receiver_is_left_to_it_to_hash() -> None:
    batch = Batch.from_columns([Column.from_buffer(array("q", [1, 2]))])
    batch = batch.with_keys(batch.columns[0])
    assert HashRouter(1, 128).route(batch) == [(0, batch)]
    assert batch.hashes is None
