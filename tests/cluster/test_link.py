"""Messages between two processes of a host: whole, in order, with their descriptors."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.cluster.link import HEADER, MAX_DESCRIPTORS, Link, LinkClosedError, link_pair


class Note(msgspec.Struct, tag="note", frozen=True):
    text: bytes


class Other(msgspec.Struct, tag="other", frozen=True):
    number: int


def make_links() -> tuple[Link[Note | Other], Link[Note | Other]]:
    left, right = link_pair()
    return Link(left, Note | Other), Link(right, Note | Other)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def take_all(sender: Link[Note | Other], receiver: Link[Note | Other]) -> list[Note | Other]:
    taken: list[Note | Other] = []
    is_sent = False
    while not is_sent:
        is_sent = sender.flush()
        taken += [message for message, _ in receiver.receive()]
    return taken


@given(
    st.lists(
        st.one_of(st.binary(max_size=300_000).map(Note), st.integers(0, 9).map(Other)), max_size=8
    )
)
def test_messages_arrive_whole_and_in_order(messages: list[Note | Other]) -> None:
    left, right = make_links()
    try:
        for message in messages:
            left.send(message)
        assert take_all(left, right) == messages
        assert left.unsent_bytes == 0
    finally:
        left.close()
        right.close()


def test_descriptors_stay_with_their_message() -> None:
    before = open_descriptors()
    left, right = make_links()
    ends = [os.pipe() for _ in range(5)]
    left.send(Note(b"a" * 200_000), [ends[0][1], ends[1][1]])
    left.send(Other(1))
    left.send(Other(2), [end[1] for end in ends[2:]])
    received: list[tuple[Note | Other, list[int]]] = []
    while len(received) < 3:
        left.flush()
        received += right.receive()
    order = [descriptor for _, descriptors in received for descriptor in descriptors]
    assert [len(descriptors) for _, descriptors in received] == [2, 0, 3]
    for number, descriptor in enumerate(order):
        os.write(descriptor, b"%d" % number)
        assert os.read(ends[number][0], 10) == b"%d" % number
        os.close(descriptor)
    for end in ends:
        os.close(end[0])
        os.close(end[1])
    left.close()
    right.close()
    assert open_descriptors() == before


def test_what_was_not_taken_is_closed_with_the_link() -> None:
    before = open_descriptors()
    left, right = make_links()
    reading, writing = os.pipe()
    left.send(Note(b"a" * 1_000_000), [reading, writing])
    left.send(Other(1), [reading])
    right.receive()
    left.close()
    right.close()
    os.close(reading)
    os.close(writing)
    assert open_descriptors() == before


def test_the_end_of_the_other_side_is_told_after_its_last_words() -> None:
    left, right = make_links()
    left.send(Other(7))
    left.close()
    assert [message for message, _ in right.receive()] == [Other(7)]
    with pytest.raises(LinkClosedError):
        right.receive()
    with pytest.raises(LinkClosedError):
        right.send(Note(b"x" * 100_000))
    right.close()


def test_nonsense_breaks_the_link() -> None:
    left, right = link_pair()
    link: Link[Note] = Link(right, Note)
    left.sendall(HEADER.pack(1 << 30, 0))
    with pytest.raises(LinkClosedError, match="out of step"):
        link.receive()
    left.close()
    link.close()


def test_too_many_descriptors_for_one_message_are_refused() -> None:
    left, right = make_links()
    with pytest.raises(ValueError, match="201 descriptors"):
        left.send(Other(1), [0] * (MAX_DESCRIPTORS + 1))
    left.close()
    right.close()
