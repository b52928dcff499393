"""Elements through a ring come out as they went in, in order, whatever room and turns there are."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.column import Column
from flinkette._native.lent import retain
from flinkette._native.marks import Marks
from flinkette._native.ring import RingReader, RingWriter, create_ring
from flinkette._native.shared_memory import mapped_bytes
from flinkette.contracts.errors import ExchangeError, RowConversionError, WorkerLostError
from flinkette.exchange.element import Element, EndOfInput, StatusChange, Watermark
from flinkette.exchange.ring_channel import RingReceiver, RingSender, ring_channel_bytes
from unit.exchange.elements import batches, elements, events

CAPACITY = 64 << 10
MAX_PAYLOAD = CAPACITY // 4 - 32

pytestmark = pytest.mark.usefixtures("no_leaks")


class Bells:
    """Both doorbells, counted."""

    def __init__(self) -> None:
        self.sender = 0
        self.receiver = 0

    def ring_sender(self) -> None:
        self.sender += 1

    def ring_receiver(self) -> None:
        self.receiver += 1


class Pair:
    """Both ends of a ring in one process."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.bells = Bells()
        memory = create_ring(capacity, channel=7)
        self.sender = RingSender(memory, self.bells.ring_receiver)
        self.receiver = RingReceiver(memory, self.bells.ring_sender)

    def through(self, element: Element) -> list[Element]:
        """Send one element; what comes is copied, as an operator that keeps it has to."""
        assert self.sender.has_room()
        self.sender.put(element)
        return [*self.polled()]

    def polled(self) -> Iterator[Element]:
        while True:
            found = self.receiver.poll()
            if found is not None:
                yield retain(found) if isinstance(found, Batch) else found
            elif not self.sender.has_pending:
                return
            else:
                self.sender.has_room()


@given(element=elements)
def test_an_element_of_any_kind_comes_out_as_it_went_in(element: Element) -> None:
    pair = Pair()
    for _ in range(2):
        found = pair.through(element)
        assert events(found) == events([element])
        assert len(found) == 1
    assert pair.through(EndOfInput()) == [EndOfInput()]
    pair.receiver.poll()
    assert pair.receiver.held_bytes == 0


@given(batch=batches(60), rows=st.integers(1, 7))
def test_a_batch_cut_anywhere_keeps_its_rows_and_the_watermarks_among_them(
    batch: Batch, rows: int
) -> None:
    pair = Pair()
    pair.sender._elements._fitting_rows = rows
    assert events(pair.through(batch)) == events([batch])


@pytest.mark.parametrize("size", [MAX_PAYLOAD - 200, MAX_PAYLOAD, CAPACITY, 5 * CAPACITY])
@pytest.mark.parametrize("form", ["column", "str", "object"])
def test_a_row_larger_than_a_frame_or_the_ring_travels_in_parts(size: int, form: str) -> None:
    text = "ä" * (size // 2)
    rows: list[Any] = [text, "b", text, "c"]
    batch = Batch.from_objects([[row] for row in rows] if form == "object" else rows)
    if form == "column":
        batch = Batch.from_columns([Column.from_objects(rows)], ["v"])
    marks = Marks(Int64Buffer.of([0, 1, 2, 4]), Int64Buffer.of([1, 2, 3, 4]))
    batch = batch.with_marks(marks)
    pair = Pair()
    found = pair.through(batch)
    assert events(found) == events([batch])
    assert len(found) > 1
    assert pair.through(Watermark(9)) == [Watermark(9)]


@settings(max_examples=20)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=12), st.integers(0, 10**9))
def test_order_is_kept_whoever_has_the_turn(sizes: list[int], seed: int) -> None:
    """The model is a list; room, rests in the sender and views in the receiver come and go."""
    source = random.Random(seed)
    pair = Pair()
    sent: list[Element] = []
    for size in sizes:
        first = source.randrange(10**12)
        values = list(range(first, first + size))
        batch = Batch.from_objects(values)
        if source.random() < 0.5:
            batch = Batch.from_columns([Column.from_objects(values)], ["v"])
        sent += [batch, Watermark(size)]
    sent.append(EndOfInput())
    waiting = list(reversed(sent))
    found: list[Element] = []
    held: list[Element] = []
    while found[-1:] != [EndOfInput()]:
        if source.random() < 0.5:
            if waiting and pair.sender.has_room():
                pair.sender.put(waiting.pop())
            continue
        if source.random() < 0.6 or len(held) > 2:
            held.clear()
        element = pair.receiver.poll()
        if element is not None:
            held.append(element)
            found.append(retain(element) if isinstance(element, Batch) else element)
        del element
    assert events(found) == events(sent)
    assert not pair.sender.has_pending
    held.clear()
    assert pair.receiver.poll() is None
    assert pair.receiver.held_bytes == 0


def test_an_end_that_sleeps_is_woken_by_what_it_waits_for() -> None:
    pair = Pair()
    batch = Batch.from_columns([Column.from_objects(list(range(1500)))], ["v"])
    assert pair.receiver.is_empty()
    assert pair.receiver.fall_asleep()
    pair.sender.put(batch)
    assert pair.bells.receiver == 1
    assert not pair.receiver.fall_asleep()
    assert not pair.receiver.is_empty()
    while pair.sender.has_room():
        assert not pair.sender.fall_asleep()
        pair.sender.put(batch)
    assert pair.bells.receiver == 1
    assert pair.sender.fall_asleep()
    pair.sender.wake_up()
    assert pair.sender.fall_asleep()
    # there is room once the first batch is given back, not before
    first = pair.receiver.poll()
    assert pair.bells.sender == 0
    del first
    pair.receiver.poll()
    assert pair.bells.sender == 1
    assert not pair.sender.fall_asleep()
    assert pair.sender.has_room()


def test_memory_goes_back_when_nobody_looks_at_it_any_more() -> None:
    pair = Pair()
    batch = Batch.from_columns([Column.from_objects(list(range(1500)))], ["v"])
    (kept,) = pair.through(batch)
    assert kept.objects() == batch.objects()
    pair.sender.put(batch)
    lent = pair.receiver.poll()
    assert isinstance(lent, Batch)
    column = lent.slice(3, 5).columns[0]
    del lent
    assert pair.receiver.poll() is None
    assert pair.receiver.held_bytes > 0
    assert column.to_objects() == [3, 4]
    del column
    assert pair.receiver.fall_asleep()
    assert pair.receiver.held_bytes == 0


def test_objects_hold_no_memory_of_the_ring() -> None:
    pair = Pair()
    pair.sender.put(Batch.from_objects([1, 2], Int64Buffer.of([3, 4]), keys=["a", "b"]))
    found = pair.receiver.poll()
    assert pair.receiver.poll() is None
    assert pair.receiver.held_bytes == 0
    assert found.objects() == [1, 2]
    assert list(found.times) == [3, 4]


def test_rows_that_cannot_be_pickled_are_named() -> None:
    pair = Pair()
    with pytest.raises(RowConversionError, match=r"lock cannot be sent to another process: .*emit"):
        pair.sender.put(Batch.from_objects([{"a": 1}, threading.Lock()]))


def test_classes_of_a_function_are_sent_along() -> None:
    class Local:
        def __init__(self, value: int) -> None:
            self.value = value

    pair = Pair()
    found = pair.through(Batch.from_objects([Local(1), Local(2)]))
    assert [row.value for row in found[0].objects()] == [1, 2]


def test_a_sender_that_leaves_before_the_end_is_an_error_after_its_last_element() -> None:
    for is_dead in (False, True):
        pair = Pair()
        pair.sender.put(Watermark(1))
        pair.receiver.poll()
        assert pair.receiver.fall_asleep()
        pair.sender.put(Watermark(2))
        assert pair.bells.receiver == 1
        if is_dead:
            pair.receiver._ring.declare_producer_dead()
        else:
            pair.sender.close()
        assert not pair.receiver.fall_asleep()
        assert pair.receiver.poll() == Watermark(2)
        assert not pair.receiver.is_empty()
        what = "died" if is_dead else "closed the channel"
        with pytest.raises(WorkerLostError, match=rf"channel 7: .* sends {what} before the end"):
            pair.receiver.poll()


def test_after_the_end_both_sides_may_leave() -> None:
    pair = Pair()
    pair.sender.put(EndOfInput())
    pair.sender.close()
    assert pair.receiver.poll() == EndOfInput()
    assert pair.receiver.poll() is None
    assert pair.receiver.is_empty()
    assert pair.receiver.fall_asleep()
    pair.receiver.close()
    assert pair.sender.has_room()


def test_a_receiver_that_leaves_before_the_end_is_an_error() -> None:
    for is_dead in (False, True):
        pair = Pair()
        while pair.sender.has_room():
            pair.sender.put(Batch.from_objects(list(range(1000))))
        assert pair.sender.fall_asleep()
        if is_dead:
            pair.sender._ring.declare_consumer_dead()
        else:
            pair.receiver.close()
            assert pair.bells.sender == 1
        assert not pair.sender.fall_asleep()
        with pytest.raises(WorkerLostError, match=r"channel 7: .* receives .* before it had"):
            pair.sender.has_room()


@pytest.mark.parametrize(
    ("kind", "argument", "payload"),
    [
        (16, 1, b"x"),
        (17, 2, b""),
        (18, 0, b"x"),
        (3, 0, b""),
        (99, 0, b""),
        (4, 0, b"no schema"),
        (4, 1, b""),
        (5, 0, b""),
        (19, 100, b"short"),
        (20, 0, b"a part of nothing"),
        (19, 1, b"\x05" + bytes(15) + b"more than announced"),
        (19, 2, b"\x10" + bytes(15) + b"xx"),
    ],
)
def test_frames_that_are_no_element_are_an_error(kind: int, argument: int, payload: bytes) -> None:
    memory = create_ring(CAPACITY, channel=7)
    writer = RingWriter(memory)
    receiver = RingReceiver(memory, lambda: None)
    view = writer.reserve(len(payload))
    assert view is not None
    view[:] = payload
    view.release()
    writer.publish(kind, argument)
    with pytest.raises(ExchangeError, match=f"channel 7: frame 0 of kind {kind}"):
        receiver.poll()


def test_a_frame_between_the_parts_of_another_is_an_error() -> None:
    pair = Pair()
    pair.sender.put(Batch.from_objects(["x" * CAPACITY]))
    assert pair.sender.has_pending
    pair.receiver._elements._join(19, 100, b"\x05" + bytes(15))
    with pytest.raises(ExchangeError, match="between the parts"):
        pair.receiver.poll()


def test_counters_that_run_backwards_are_an_error_on_both_sides() -> None:
    for offset, is_tail in ((128, True), (256, False)):
        memory = create_ring(CAPACITY, channel=7)
        sender = RingSender(memory, lambda: None)
        receiver = RingReceiver(memory, lambda: None)
        sender.put(Batch.from_objects(list(range(1000))))
        with memoryview(memory) as view:
            view[offset : offset + 8] = (1 << 60).to_bytes(8, "little")
        fill = [Batch.from_objects(list(range(1000)))] * 20
        assert not is_tail or not receiver.is_empty()
        with pytest.raises(
            ExchangeError, match=r"channel 7: the .* counter is 1152921504606846976"
        ):
            receiver.poll() if is_tail else [sender.put(batch) for batch in fill]


def test_the_memory_goes_with_the_ends() -> None:
    before = mapped_bytes()
    pair = Pair()
    assert mapped_bytes() > before
    pair.sender.put(Batch.from_columns([Column.from_objects([1])], ["v"]))
    lent = pair.receiver.poll()
    pair.sender.close()
    pair.receiver.close()
    del pair
    assert mapped_bytes() > before
    assert lent.columns[0].to_objects() == [1]
    del lent
    assert mapped_bytes() == before


def test_capacity_follows_the_budget() -> None:
    assert ring_channel_bytes(1, 64 << 20) == 1 << 20
    assert ring_channel_bytes(64, 64 << 20) == 512 << 10
    assert ring_channel_bytes(1000, 64 << 20) == 64 << 10
    assert ring_channel_bytes(100_000, 64 << 20) == 64 << 10
    for channels in (1, 3, 10, 100, 400):
        capacity = ring_channel_bytes(channels, 64 << 20)
        assert channels * (capacity + 4096) <= 64 << 20
        RingReader(create_ring(capacity))


def test_status_and_watermarks_are_small_frames() -> None:
    pair = Pair()
    for element in (StatusChange(is_idle=True), StatusChange(is_idle=False), Watermark(-(2**63))):
        pair.sender.put(element)
        assert pair.receiver.poll() == element
        assert pair.receiver.held_bytes == 64
