"""Rows that wait for others: none is lost, none overtakes, none waits too long."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.marks import Marks
from flinkette.contracts.row import RowKind
from flinkette.exchange.channel import LocalChannel
from flinkette.exchange.element import (
    MAX_WATERMARK_MS,
    Element,
    EndOfInput,
    StatusChange,
    Watermark,
)
from flinkette.exchange.gathering import FlushRule, Gathering
from flinkette.exchange.writer import EdgeWriter, RoundRobinRouter, SingleRouter
from unit.exchange.elements import elements, events, form

MS = 1_000_000
TIMES = st.integers(0, 10**12)
RULES = st.builds(
    FlushRule.of_edge,
    st.integers(1, 40),
    st.one_of(st.none(), st.integers(0, 100 * MS)),
    st.integers(1, 32),
    leaves_worker=st.booleans(),
)


class Clock:
    def __init__(self) -> None:
        self.now_ns = 10**9

    def __call__(self) -> int:
        return self.now_ns


def told(found: list[Element]) -> tuple[list[Any], int | None]:
    """Rows and changes of status in order, each with the watermark before it, and the last one.

    Rows without a kind are inserts: beside others they get that kind.
    """
    told: list[Any] = []
    watermark: int | None = None
    for each in events(found):
        event = ("mark", each.time_ms) if isinstance(each, Watermark) else each
        if isinstance(event, tuple) and event[0] == "mark":
            watermark = event[1] if watermark is None else max(watermark, event[1])
            continue
        if isinstance(event, tuple):
            value, (*beside, kind), shape = event
            event = (value, [*beside, kind or form(RowKind.INSERT.value)], shape)
        told.append((event, watermark))
    return told, watermark


@given(RULES, TIMES, TIMES)
def test_nothing_waits_beyond_the_timeout_and_the_idle_do_not_wait_longer_than_the_busy(
    rule: FlushRule, since_ns: int, ago_ns: int
) -> None:
    last_ns = since_ns - ago_ns  # what goes on leaves nothing behind
    idle_ns, busy_ns = (rule.due_ns(since_ns, last_ns, is_idle=each) for each in (True, False))
    if rule.timeout_ns is None:
        assert idle_ns is None
        assert busy_ns is None
        return
    assert idle_ns is not None
    assert busy_ns is not None
    assert since_ns <= idle_ns <= busy_ns <= since_ns + rule.timeout_ns
    if ago_ns >= rule.idle_ns:
        assert idle_ns == since_ns, "a slow stream is not delayed"


class Edge:
    """A gathering and what went in and came out of it."""

    def __init__(self, rule: FlushRule) -> None:
        self.clock = Clock()
        self.rule = rule
        self.gathering = Gathering(rule, self.clock)
        self.given: list[Element] = []
        self.gone: list[Element] = []
        self.since_ns: int | None = None

    def turn(self, *, is_idle: bool) -> None:
        if self.gathering.is_due(is_idle=is_idle):
            self.gone.append(self.gathering.take())
            assert not self.gathering
        elif self.since_ns is not None and self.rule.timeout_ns is not None:
            assert self.clock.now_ns - self.since_ns < self.rule.timeout_ns

    def add(self, element: Element) -> None:
        self.given.append(element)
        self.gone += self.gathering.add(element)
        if isinstance(element, (StatusChange, EndOfInput)) or self.rule.timeout_ns == 0:
            assert not self.gathering
        if isinstance(element, Watermark) and self.rule.timeout_ns is None:
            assert not self.gathering

    def check(self) -> None:
        if not self.gathering:
            self.since_ns = None
        elif self.since_ns is None:
            self.since_ns = self.clock.now_ns
        (given, reached), (gone, announced) = told(self.given), told(self.gone)
        assert gone == given[: len(gone)]
        waiting = given[len(gone) :]
        assert self.gathering or (not waiting and announced == reached)
        assert len(waiting) <= self.rule.max_rows


STEPS = st.one_of(
    elements,
    st.just(EndOfInput()),
    st.integers(0, 60 * MS),
    st.sampled_from(["idle turn", "busy turn"]),
)


@settings(max_examples=60)
@given(RULES, st.lists(STEPS, max_size=30))
def test_rows_and_watermarks_keep_their_order_and_wait_as_the_rule_says(
    rule: FlushRule, steps: list[Any]
) -> None:
    edge = Edge(rule)
    for step in steps:
        if isinstance(step, int):
            edge.clock.now_ns += step
        elif isinstance(step, str):
            edge.turn(is_idle=step == "idle turn")
        else:
            edge.add(step)
        edge.check()
    if edge.gathering:
        edge.gone.append(edge.gathering.take())
    assert told(edge.gone) == told(edge.given)


def rows(*values: int, mark: int | None = None) -> Batch:
    batch = Batch.from_objects(list(values))
    if mark is None:
        return batch
    return batch.with_marks(Marks(Int64Buffer.of([len(values)]), Int64Buffer.of([mark])))


def writer_of(
    receivers: int, router: Any, rule: FlushRule, clock: Clock, **options: Any
) -> tuple[EdgeWriter, list[LocalChannel]]:
    channels = [LocalChannel(1) for _ in range(receivers)]
    gathering = Gathering(rule, clock)
    return EdgeWriter(channels, router, gathering=gathering, **options), channels


def test_a_watermark_alone_waits_where_it_would_wake_another_worker() -> None:
    clock = Clock()
    for leaves_worker in (False, True):
        rule = FlushRule.of_edge(100, 100 * MS, 2, leaves_worker=leaves_worker)
        gathering = Gathering(rule, clock)
        assert bool(gathering.add(Watermark(1))) is not leaves_worker
    assert list(gathering.add(Watermark(2))) == []
    assert gathering.take() == Watermark(2)
    assert list(gathering.add(Watermark(3))) == []
    last = Watermark(MAX_WATERMARK_MS)
    assert list(gathering.add(last)) == [Watermark(3), last], "the last one never waits"


def test_small_batches_are_split_over_the_receivers_together() -> None:
    clock = Clock()
    rule = FlushRule(100, 75, 100 * MS)
    writer, channels = writer_of(2, RoundRobinRouter(range(2), 0), rule, clock)
    for value in range(4):
        writer.emit(rows(value))
    writer.emit(Watermark(9))
    assert [channel.poll() for channel in channels] == [None, None]
    assert writer.release(is_idle=True)
    assert not writer.release(is_idle=True)
    for channel, wanted in zip(channels, ([0, 2], [1, 3]), strict=True):
        batch = channel.poll()
        assert isinstance(batch, Batch)
        assert (batch.objects(), batch.marks and batch.marks.last_time) == (wanted, 9)


def test_an_idle_worker_of_a_fast_stream_waits_a_moment_and_says_until_when() -> None:
    clock = Clock()
    rule = FlushRule.of_edge(100, 100 * MS, 2, leaves_worker=True)
    writer, (first, _) = writer_of(2, SingleRouter(0), rule, clock)
    writer.emit(rows(1))
    assert writer.next_release_ns() == clock.now_ns
    assert writer.release(is_idle=True)
    writer.emit(rows(2))
    assert not writer.release(is_idle=True)
    assert first.poll() is not None
    assert writer.next_release_ns() == clock.now_ns + MS
    clock.now_ns += MS
    assert not writer.release(is_idle=False)
    assert writer.release(is_idle=True)
    second = first.poll()
    assert isinstance(second, Batch)
    assert second.objects() == [2]


def test_what_was_gathered_goes_before_the_end_although_there_is_no_room() -> None:
    writer, (first, second) = writer_of(2, SingleRouter(0), FlushRule(100, 75, None), Clock())
    first.put(Watermark(1))
    writer.emit(rows(1))
    writer.emit(EndOfInput())
    assert first.poll() == Watermark(1)
    while not writer.flush():
        batch = first.poll()
        assert isinstance(batch, Batch)
        assert batch.objects() == [1]
    assert (first.poll(), second.poll()) == (EndOfInput(), EndOfInput())


@pytest.mark.parametrize("carries_time", [True, False])
def test_a_receiver_that_the_router_leaves_out_still_hears_of_the_time(carries_time: bool) -> None:
    writer, (first, second) = writer_of(
        2, SingleRouter(0), FlushRule(1, 1, None), Clock(), carries_time=carries_time
    )
    writer.emit(rows(1, mark=7))
    assert isinstance(first.poll(), Batch)
    assert second.poll() == (Watermark(7) if carries_time else None)


def test_everything_goes_on_when_it_must() -> None:
    writer, (only,) = writer_of(1, SingleRouter(0), FlushRule(100, 75, None), Clock())
    assert not writer.release_all()
    writer.emit(rows(1))
    assert not writer.release(is_idle=True)
    assert writer.release_all()
    assert isinstance(only.poll(), Batch)
