"""Channels over one ZeroMQ connection: as rings, and nobody blocks his neighbour."""

from __future__ import annotations

import itertools
import random
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette.contracts.errors import ExchangeError, WorkerLostError
from flinkette.exchange.element import Element, EndOfInput, Watermark
from flinkette.exchange.zmq_channel import ZmqReceiver, ZmqSender
from flinkette.exchange.zmq_link import (
    CREDIT,
    HELLO,
    CurveKeys,
    ZmqLink,
    new_message,
    open_link,
)
from unit.exchange.elements import elements, events

zmq = pytest.importorskip("zmq")

WINDOW = 64 << 10
NUMBERS = itertools.count(1)


class Pair:
    """Two links of one context; everything that is sent is there at once, or after a wait."""

    def __init__(self, address: str, keys: tuple[Any, Any] = (None, None)) -> None:
        self.context = zmq.Context()
        self.server = self.open(address, is_server=True, keys=keys[0])
        self.client = self.open(self.server.address, is_server=False, keys=keys[1])

    def open(self, address: str, **options: Any) -> ZmqLink:
        return open_link(address, context=self.context, attempt=3, token=b"job", **options)

    def until(self, reached: Callable[[], Any]) -> Any:
        """Pump both links until an answer is true; wait for the sockets, not for the clock."""
        deadline_s = time.monotonic() + 20
        while time.monotonic() < deadline_s:
            answer = reached()
            if answer:
                return answer
            links = [link for link in (self.server, self.client) if not link.is_lost]
            select.select([fd for link in links for fd in link.descriptors], [], [], 0.02)
            for link in links:
                link.pump()
        raise TimeoutError

    def channel(self, window: int = WINDOW) -> tuple[ZmqSender, ZmqReceiver]:
        number = next(NUMBERS)
        receiver = ZmqReceiver(self.server, number, window)
        self.until(lambda: self.client.credit(number))
        return ZmqSender(self.client, number, window), receiver

    def through(self, ends: tuple[ZmqSender, ZmqReceiver], element: Element) -> list[Element]:
        sender, receiver = ends
        self.until(sender.has_room)
        sender.put(element)
        last: list[Element] = [Watermark(0)]
        found: list[Element] = []

        def reached() -> bool:
            if sender.has_room() and last:
                sender.put(last.pop())
            found.extend(iter(receiver.poll, None))
            return found[-1:] == [Watermark(0)]

        self.until(reached)
        return found[:-1]

    def close(self) -> None:
        self.client.close()
        self.server.close()
        self.context.term()


@pytest.fixture
def pair(no_leaks: None) -> Iterator[Pair]:
    pair = Pair("tcp://127.0.0.1:*")
    yield pair
    pair.close()


@pytest.fixture(scope="module")
def long_pair() -> Iterator[Pair]:
    pair = Pair("tcp://127.0.0.1:*")
    yield pair
    pair.close()


@given(element=elements)
def test_an_element_of_any_kind_comes_out_as_it_went_in(long_pair: Pair, element: Element) -> None:
    if element == Watermark(0):
        return
    ends = long_pair.channel()
    for _ in range(2):
        assert events(long_pair.through(ends, element)) == events([element])


@pytest.mark.parametrize("transport", ["ipc", "tcp", "curve"])
def test_large_batches_and_rows_pass_over(transport: str, tmp_path: Path, no_leaks: None) -> None:
    keys: tuple[Any, Any] = (None, None)
    if transport == "curve":
        server, client = zmq.curve_keypair(), zmq.curve_keypair()
        keys = CurveKeys(*server, server[0]), CurveKeys(*client, server[0])
    address = f"ipc://{tmp_path}/link" if transport == "ipc" else "tcp://127.0.0.1:*"
    pair = Pair(address, keys)
    ends = pair.channel()
    columns = Batch.from_columns([Column.from_objects(list(range(30_000)))], ["v"])
    assert events(pair.through(ends, columns)) == events([columns])
    rows = Batch.from_objects(["ä" * 200_000, "b"])
    assert events(pair.through(ends, rows)) == events([rows])
    pair.close()


@settings(max_examples=20)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=10), st.integers(0, 10**9))
def test_order_is_kept_in_several_channels_whoever_has_the_turn(
    long_pair: Pair, sizes: list[int], seed: int
) -> None:
    source = random.Random(seed)
    channels = [long_pair.channel() for _ in range(3)]
    sent: list[list[Element]] = [[] for _ in channels]
    found: list[list[Element]] = [[] for _ in channels]
    for size in sizes:
        rows = Batch.from_objects([source.randrange(10**12) for _ in range(size)])
        sent[source.randrange(3)] += [rows, Watermark(size)]
    for each in sent:
        each.append(EndOfInput())
    waiting = [list(reversed(each)) for each in sent]

    def turn() -> bool:
        for _ in range(50):
            at = source.randrange(3)
            sender, receiver = channels[at]
            if source.random() < 0.5:
                if sender.has_room() and waiting[at]:
                    sender.put(waiting[at].pop())
                continue
            element = receiver.poll()
            if element is not None:
                found[at].append(element)
        return all(each[-1:] == [EndOfInput()] for each in found)

    long_pair.until(turn)
    assert [events(each) for each in found] == [events(each) for each in sent]


def test_a_channel_that_nobody_reads_stops_its_sender_and_no_other(pair: Pair) -> None:
    stuck, receiver = pair.channel()
    rows = Batch.from_objects(list(range(1000)))
    pair.until(stuck.has_room)
    # all of the window is used up, and not more
    pair.until(lambda: stuck.has_pending or stuck.put(rows))
    pair.until(lambda: receiver._inbox.received_bytes > WINDOW * 3 // 4)
    assert not stuck.has_room()
    assert stuck.fall_asleep()
    assert receiver._inbox.received_bytes <= WINDOW
    ends = pair.channel()
    for _ in range(100):
        assert events(pair.through(ends, rows)) == events([rows])
    assert stuck.fall_asleep()
    pair.until(lambda: (receiver.poll(), stuck.has_room())[1])
    assert not stuck.fall_asleep()


def test_a_side_that_leaves_early_is_an_error_at_the_other(pair: Pair) -> None:
    sender, receiver = pair.channel()
    pair.until(sender.has_room)
    sender.put(Watermark(1))
    sender.close()
    pair.until(lambda: not receiver.is_empty())
    assert receiver.poll() == Watermark(1)
    pair.until(lambda: not receiver.is_empty())
    with pytest.raises(WorkerLostError, match=r"sends closed the channel before the end"):
        receiver.poll()
    sender, receiver = pair.channel()
    pair.until(lambda: sender.has_pending or sender.put(Batch.from_objects(list(range(1000)))))
    assert sender.fall_asleep()
    receiver.close()
    pair.until(lambda: not sender.fall_asleep())
    with pytest.raises(WorkerLostError, match=r"receives closed the channel before it had"):
        sender.has_room()


def test_a_connection_that_breaks_is_an_error_at_both_ends(pair: Pair) -> None:
    sender, receiver = pair.channel()
    back = ZmqReceiver(pair.client, 1000)
    pair.until(sender.has_room)
    sender.put(Watermark(1))
    pair.until(lambda: not receiver.is_empty())
    pair.server.close(0)
    pair.until(lambda: pair.client.is_lost)
    assert not back.is_empty()
    with pytest.raises(WorkerLostError, match="worker that sends is gone"):
        back.poll()
    with pytest.raises(WorkerLostError, match="worker that receives is gone"):
        sender.has_room()


def test_nobody_at_the_address_is_an_error(no_leaks: None) -> None:
    context = zmq.Context()
    with context.socket(zmq.PAIR) as other:
        port = other.bind_to_random_port("tcp://127.0.0.1")
    link = open_link(
        f"tcp://127.0.0.1:{port}", context=context, attempt=3, token=b"", is_server=False
    )
    receiver = ZmqReceiver(link, 1)
    deadline_s = time.monotonic() + 20
    while receiver.is_empty() and time.monotonic() < deadline_s:
        select.select(link.descriptors, [], [], 0.02)
    with pytest.raises(WorkerLostError, match="is gone"):
        receiver.poll()
    link.close()
    context.term()


class Stranger:
    """A peer that sends what it likes, as a link of another attempt or worse."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.link = open_link(
            "tcp://127.0.0.1:*", context=self.context, attempt=3, token=b"job", is_server=True
        )
        self.receiver = ZmqReceiver(self.link, 1, WINDOW)
        self.other = open_link(
            self.link.address, context=self.context, attempt=3, token=b"job", is_server=False
        )

    def send(self, kind: int, argument: int, payload: bytes = b"", *, sequence: int = 0) -> None:
        self.other._sent[1, kind == CREDIT] = sequence
        self.other.send(1, kind, argument, new_message(len(payload), payload))

    def pump(self, until: Callable[[], Any]) -> None:
        deadline_s = time.monotonic() + 20
        while not until() and time.monotonic() < deadline_s:
            select.select(self.link.descriptors, [], [], 0.02)
            self.link.pump()
        assert until()

    def close(self) -> None:
        self.other.close(0)
        self.link.close(0)
        self.context.term()


@pytest.fixture
def stranger(no_leaks: None) -> Iterator[Stranger]:
    stranger = Stranger()
    stranger.pump(lambda: stranger.link.is_established)
    yield stranger
    stranger.close()


@pytest.mark.parametrize(
    ("sequence", "kind", "argument", "payload", "message"),
    [
        (1, 16, 5, b"", "channel 1: frame 0 is missing"),
        (0, 16, 5, bytes(WINDOW), "channel 1: .* bytes came where .* were granted"),
        (0, CREDIT, -1, b"", "credit fell"),
        (0, HELLO, 1, b"job", "out of turn"),
    ],
)
def test_a_gap_or_too_much_fails_the_link(
    stranger: Stranger, sequence: int, kind: int, argument: int, payload: bytes, message: str
) -> None:
    stranger.send(kind, argument, payload, sequence=sequence)
    with pytest.raises(ExchangeError, match=message):
        stranger.pump(lambda: False)
    assert not stranger.receiver.is_empty()
    with pytest.raises(ExchangeError, match=message):
        stranger.receiver.poll()


def test_a_repetition_fails_the_link_and_other_attempts_are_passed_over(stranger: Stranger) -> None:
    stranger.send(16, 5)
    stranger.pump(lambda: stranger.receiver._inbox.frames)
    assert stranger.receiver.poll() == Watermark(5)
    stranger.other._attempt = 2
    stranger.send(16, 6)
    stranger.pump(lambda: stranger.link.dropped_frames == 1)
    assert stranger.receiver.poll() is None
    stranger.other._attempt = 3
    stranger.send(16, 5)
    with pytest.raises(ExchangeError, match="channel 1: frame 0 came again"):
        stranger.pump(lambda: False)


def test_noise_is_an_error(stranger: Stranger) -> None:
    stranger.send(5, 0, b"no columns")
    stranger.pump(lambda: stranger.receiver._inbox.frames)
    with pytest.raises(
        ExchangeError, match="channel 1: a frame of kind 5 and 10 bytes: ValueError"
    ):
        stranger.receiver.poll()
    stranger.other._socket.send(b"short")
    with pytest.raises(ExchangeError, match="a message of 5 bytes"):
        stranger.pump(lambda: False)


def test_a_worker_of_another_release_is_refused(
    no_leaks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = zmq.Context()
    server = open_link(
        "tcp://127.0.0.1:*", context=context, attempt=3, token=b"job", is_server=True
    )
    with monkeypatch.context() as patched:
        patched.setattr("flinkette.exchange.zmq_link.VERSION", 2)
        client = open_link(
            server.address, context=context, attempt=3, token=b"job", is_server=False
        )
    receiver = ZmqReceiver(server, 1)
    deadline_s = time.monotonic() + 20
    while receiver.is_empty() and time.monotonic() < deadline_s:
        select.select(server.descriptors, [], [], 0.02)
    with pytest.raises(ExchangeError, match=r"speaks version 2 \(here 1\)"):
        receiver.poll()
    client.close(0)
    server.close(0)
    context.term()


def test_a_worker_of_another_job_is_refused(no_leaks: None) -> None:
    context = zmq.Context()
    server = open_link(
        "tcp://127.0.0.1:*", context=context, attempt=3, token=b"job", is_server=True
    )
    client = open_link(server.address, context=context, attempt=3, token=b"other", is_server=False)
    deadline_s = time.monotonic() + 20
    receiver = ZmqReceiver(server, 1)
    while receiver.is_empty() and time.monotonic() < deadline_s:
        select.select(server.descriptors, [], [], 0.02)
    with pytest.raises(ExchangeError, match="is of another job"):
        receiver.poll()
    client.close(0)
    server.close(0)
    context.term()
