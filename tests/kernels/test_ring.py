"""The ring against a queue, its frames against the spec, and the lives of its views."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from flinkette._native.ring import Frame, RingReader, RingWriter, create_ring
from flinkette._native.shared_memory import SharedMemory, mapped_bytes

KIB = 1024
CAPACITY = 64 * KIB
HEADER_BYTES = 4096
BYTES = 3
VECTORS = json.loads(
    (Path(__file__).parents[2] / "docs/spec/ring_frames_vectors.json").read_text(encoding="utf-8")
)

pytestmark = pytest.mark.usefixtures("no_leaks")


def ends(capacity: int = CAPACITY, **about: int) -> tuple[RingWriter, RingReader]:
    memory = create_ring(capacity, **about)
    return RingWriter(memory), RingReader(memory)


def send(writer: RingWriter, payload: bytes, kind: int = BYTES, argument: int = 0) -> bool:
    view = writer.reserve(len(payload))
    if view is None:
        return False
    view[:] = payload
    view.release()
    writer.publish(kind, argument)
    return True


def receive(reader: RingReader) -> bytes | None:
    frame = reader.take()
    return None if frame is None else frame.retain()


class RingIsAQueue(RuleBasedStateMachine):
    """A bounded queue of payloads; the model knows the order, the ring the bounds."""

    @initialize(doublings=st.integers(0, 2))
    def start(self, doublings: int) -> None:
        self.writer, self.reader = ends(CAPACITY << doublings, attempt=3, channel=9)
        self.unread: deque[tuple[int, int, bytes]] = deque()
        self.held: list[tuple[memoryview, bytes]] = []
        self.sent = 0

    def payload(self, size: int) -> bytes:
        return bytes([self.sent % 251]) * min(size, self.writer.max_payload_bytes)

    @rule(size=st.integers(0, 700) | st.integers(0, 70 * KIB), kind=st.integers(16, 255))
    def publish(self, size: int, kind: int) -> None:
        payload = self.payload(size)
        if send(self.writer, payload, kind, -self.sent):
            self.unread.append((kind, self.sent, payload))
            self.sent += 1
        else:
            assert self.unread or self.held, "an empty ring takes every frame"

    @rule(first=st.integers(0, 500), size=st.integers(0, 5000))
    def grow_an_open_frame(self, first: int, size: int) -> None:
        payload = self.payload(size)
        view = self.writer.reserve(first)
        if view is None:
            return
        view.release()
        if len(payload) > first:
            grown = self.writer.extend(len(payload))
            if grown is None:
                payload = payload[:first]
            else:
                grown.release()
        open_frame = memoryview(self.writer)
        open_frame[: len(payload)] = payload
        open_frame.release()
        self.writer.publish(BYTES, -self.sent, len(payload))
        self.unread.append((BYTES, self.sent, payload))
        self.sent += 1

    @rule(size=st.integers(0, 5000))
    def change_ones_mind(self, size: int) -> None:
        view = self.writer.reserve(size)
        if view is not None:
            view.release()
            self.writer.cancel()

    @rule()
    def take(self) -> None:
        frame = self.reader.take()
        if not self.unread:
            assert frame is None
            return
        assert frame is not None
        kind, sequence, payload = self.unread.popleft()
        assert (frame.kind, frame.sequence, frame.argument) == (kind, sequence, -sequence)
        assert frame.attempt == 3
        assert len(frame) == len(payload)
        self.held.append((memoryview(frame), payload))

    @rule()
    def look(self) -> None:
        frame = self.reader.peek()
        assert (frame is None) == (not self.unread)
        assert frame is None or frame.retain() == self.unread[0][2]

    @precondition(lambda self: self.held)
    @rule()
    def release(self) -> None:
        with pytest.raises(BufferError, match="views of frames are alive"):
            self.reader.release()
        for view, payload in self.held:
            assert view == payload, "a held view changed"
            view.release()
        self.held.clear()
        self.reader.release()
        assert self.reader.held_bytes == 0

    @invariant()
    def idle_means_nothing_is_there(self) -> None:
        if self.writer.is_consumer_idle:
            assert not self.unread
            assert not self.held

    def teardown(self) -> None:
        for view, payload in getattr(self, "held", []):
            assert view == payload
            view.release()


TestRingIsAQueue = RingIsAQueue.TestCase
TestRingIsAQueue.settings = settings(max_examples=40, stateful_step_count=40)
TestRingIsAQueue.pytestmark = [pytest.mark.usefixtures("no_leaks")]


# Frames that end too early: in a ring what fills up to the next multiple of 64 follows.
CUT = {"no bytes", "31 of 32 header bytes", "one byte of the payload is missing"}


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if vector["what"] not in CUT],
    ids=lambda vector: vector["what"],
)
def test_a_frame_is_read_as_the_spec_says(vector: dict[str, Any]) -> None:
    # As the first and only frame of a ring; so only what the ring takes there is read.
    memory = create_ring(CAPACITY, attempt=int(vector.get("attempt", 7)))
    frame = bytes.fromhex(vector["frame"])
    view = memoryview(memory)
    view[HEADER_BYTES : HEADER_BYTES + len(frame)] = frame
    view[128:136] = ((len(frame) + 63) // 64 * 64).to_bytes(8, "little")
    view.release()
    reader = RingReader(memory)
    is_first = vector.get("sequence") == "0" and vector.get("kind") != "1"
    if vector["status"] == "ok" and is_first:
        found = reader.peek()
        assert found is not None
        assert (found.kind, found.argument) == (int(vector["kind"]), int(vector["argument"]))
        assert found.retain() == bytes.fromhex(vector["payload"])
    else:
        with pytest.raises(ValueError, match=r"frame|checksum"):
            reader.peek()


def test_a_frame_is_written_as_the_spec_says() -> None:
    written = 0
    for vector in VECTORS:
        if vector["status"] != "ok" or vector["sequence"] != "0" or vector["kind"] == "1":
            continue
        memory = create_ring(CAPACITY, attempt=int(vector["attempt"]))
        writer = RingWriter(memory)
        payload = bytes.fromhex(vector["payload"])
        with writer.reserve(len(payload)) or pytest.fail("full") as view:
            view[:] = payload
        has_checksum = vector["checksum"] == "yes"
        writer.publish(int(vector["kind"]), int(vector["argument"]), checksum=has_checksum)
        frame = bytes.fromhex(vector["frame"])
        with memoryview(memory) as view:
            assert view[HEADER_BYTES : HEADER_BYTES + len(frame)] == frame
        written += 1
    assert written >= 3


def test_an_open_frame_is_published_only_when_no_view_of_it_is_left() -> None:
    writer, reader = ends()
    view = writer.reserve(3)
    assert view is not None
    view[:] = b"abc"
    for would_dangle in (lambda: writer.publish(BYTES), writer.cancel, writer.close):
        with pytest.raises(BufferError, match="1 views of the open frame"):
            would_dangle()
    view.release()
    writer.publish(BYTES)
    assert receive(reader) == b"abc"


def test_a_released_frame_gives_no_more_views() -> None:
    writer, reader = ends()
    send(writer, b"abc")
    frame = reader.take()
    assert isinstance(frame, Frame)
    reader.release()
    with pytest.raises(ValueError, match=r"was released; copy .* with retain"):
        memoryview(frame)
    with pytest.raises(ValueError, match="was released"):
        frame.retain()


def test_memory_is_not_unmapped_under_a_ring_or_a_view() -> None:
    before = mapped_bytes()
    memory = create_ring(CAPACITY)
    assert mapped_bytes() - before == CAPACITY + HEADER_BYTES
    writer = RingWriter(memory)
    with pytest.raises(BufferError, match="alive"):
        memory.close()
    del writer
    view = memoryview(memory)
    with pytest.raises(BufferError, match="alive"):
        memory.close()
    view.release()
    memory.close()
    assert mapped_bytes() == before
    with pytest.raises(ValueError, match="was closed"):
        RingReader(memory)


def test_two_mappings_of_one_descriptor_are_one_ring() -> None:
    memory = create_ring(CAPACITY)
    writer, reader = RingWriter(memory), RingReader(SharedMemory.map(memory.descriptor))
    assert send(writer, b"over there")
    assert reader.wait(1.0)
    assert receive(reader) == b"over there"
    with pytest.raises(ValueError, match="has a producer"):
        RingWriter(SharedMemory.map(memory.descriptor))


@pytest.mark.parametrize("capacity", [0, 1, CAPACITY - 1, CAPACITY + 64, 2 << 20, -CAPACITY])
def test_other_capacities_than_powers_of_two_up_to_a_mebibyte_are_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match="a ring of"):
        create_ring(capacity)


def test_a_payload_above_a_quarter_names_the_other_way() -> None:
    writer, _ = ends()
    assert writer.max_payload_bytes == CAPACITY // 4 - 32
    with pytest.raises(IndexError, match="larger ones travel in memory of their own"):
        writer.reserve(CAPACITY // 4)


def test_wrong_use_is_named() -> None:
    writer, _ = ends()
    with pytest.raises(ValueError, match="no frame is open"):
        writer.publish(BYTES)
    with pytest.raises(ValueError, match="a frame of -1 bytes"):
        writer.reserve(-1)
    view = writer.reserve(10)
    assert view is not None
    view.release()
    with pytest.raises(ValueError, match="a frame is open"):
        writer.reserve(1)
    with pytest.raises(ValueError, match="11 bytes of a frame with room for 10"):
        writer.publish(BYTES, payload_bytes=11)
    with pytest.raises(ValueError, match="no kind 1"):
        writer.publish(1)


def test_who_sleeps_is_woken_and_who_left_is_not_waited_for() -> None:
    writer, reader = ends()
    assert reader.fall_asleep()
    view = writer.reserve(0)
    assert view is not None
    view.release()
    assert writer.publish(BYTES) is True
    assert receive(reader) == b""
    assert not reader.wait(0.0)
    writer.announce_barrier(5)
    assert reader.announced_barrier == 5
    assert reader.producer == "open"
    writer.close()
    assert reader.producer == "closed"
    assert reader.is_drained
    assert not reader.fall_asleep()
    writer.declare_consumer_dead()
    assert writer.consumer == "dead"
