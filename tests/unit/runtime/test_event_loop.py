"""The stepped event loop, and calls in it under a clock of their own against what must come out."""

from __future__ import annotations

import asyncio
import select
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.async_calls import AsyncCalls
from flinkette._native.call_queue import Call, CallQueue
from flinkette.contracts.async_retry import FixedDelayRetryStrategy
from flinkette.runtime.event_loop import EventLoop

MS = 1_000_000
FAR_NS = 2**62


class Time:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def loop(time):
    made = EventLoop(time)
    yield made
    made.close()


def test_a_step_runs_what_is_ready_and_says_when_there_is_more(loop, time) -> None:
    seen = []

    async def work() -> None:
        seen.append("begun")
        await asyncio.sleep(0)
        await asyncio.sleep(0.5)
        seen.append("slept")

    assert not loop.step(FAR_NS)
    task = loop.make_task(work())
    assert loop.step(FAR_NS)
    assert seen == ["begun"]
    assert loop.next_due_ns() == 500 * MS + 1
    time.now_ns = 499 * MS
    assert not loop.step(FAR_NS)
    time.now_ns = 500 * MS
    assert loop.step(FAR_NS)
    assert seen == ["begun", "slept"]
    assert task.done()
    assert loop.next_due_ns() is None


def test_a_step_ends_at_its_deadline(loop, time) -> None:
    turns = 0

    async def forever() -> None:
        nonlocal turns
        while True:
            turns += 1
            time.now_ns += MS
            await asyncio.sleep(0)

    loop.make_task(forever())
    assert loop.step(10 * MS)
    assert 10 <= turns <= 12
    assert loop.step(0)
    assert turns <= 16


def test_what_was_due_before_comes_through_however_late_a_step_is(loop, time) -> None:
    async def answer() -> str:
        await asyncio.sleep(0.01)
        return "in time"

    task = loop.make_task(answer())
    loop.step(MS)
    time.now_ns = 60_000 * MS
    loop.step(time.now_ns - 1)
    assert task.result() == "in time"


def test_its_descriptor_is_readable_when_one_that_it_watches_is(loop) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    async def read() -> bytes:
        return await asyncio.get_running_loop().sock_recv(ours, 10)

    with ours, theirs:
        task = loop.make_task(read())
        loop.step(FAR_NS)
        poller = select.poll()
        poller.register(loop.fileno(), select.POLLIN)
        assert poller.poll(0) == []
        theirs.send(b"hello")
        assert poller.poll(60_000) != []
        loop.step(FAR_NS)
        assert task.result() == b"hello"
        assert poller.poll(0) == []


def test_it_runs_beside_a_loop_of_the_caller(loop) -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 7

    async def caller() -> Any:
        task = loop.make_task(answer())
        loop.step(FAR_NS)
        return task.result(), loop.run(answer())

    assert asyncio.run(caller()) == (7, 7)


Attempts = list[tuple[int, bool]]
"""Of one row: how many ms each attempt takes, and whether it succeeds."""
TIME_OUT_MS = 101
BACKOFF_MS = 20
RETRIES = 2


def outcome(row: int, attempts: Attempts) -> list[Any]:
    """What must come of a row; attempts take an even number of ms, the time-out is odd."""
    passed_ms = 0
    for number, (takes_ms, succeeds) in enumerate(attempts[: RETRIES + 1], start=1):
        passed_ms += takes_ms
        if passed_ms > TIME_OUT_MS:
            return [(row, "late")]
        if succeeds or number > RETRIES:
            return [(row, number)] if succeeds else []
        passed_ms += BACKOFF_MS
    raise AssertionError


attempt = st.tuples(st.integers(0, 30).map(lambda half: 2 * half), st.booleans())
plans = st.lists(st.lists(attempt, min_size=RETRIES + 1, max_size=RETRIES + 1), max_size=12)


@given(plans=plans, is_ordered=st.booleans(), capacity=st.integers(1, 12))
def test_time_outs_and_retries_come_as_the_attempts_say(plans, is_ordered, capacity) -> None:
    time = Time()
    loop = EventLoop(time)
    made_of: dict[int, int] = {}

    async def invoke(row: int) -> list[Any]:
        number = made_of[row] = made_of.get(row, 0) + 1
        takes_ms, succeeds = plans[row][number - 1]
        await asyncio.sleep(takes_ms / 1000)
        if not succeeds:
            raise OSError
        return [(row, number)]

    def late(call: Call) -> list[Any]:
        return [(call.rows[0].value, "late")]

    queue = CallQueue(
        is_ordered=is_ordered,
        capacity=capacity,
        timeout_ns=TIME_OUT_MS * MS,
        error_action="skip",
    )
    calls = AsyncCalls(
        queue,
        "invoke",
        invoke,
        now_ns=time,
        make_task=loop.make_task,
        sleep=asyncio.sleep,
        cancelled_error=asyncio.CancelledError,
        time_out=late,
        make_error=lambda error, value, time_ms: error,
        make_row_error=lambda value, failure: value,
        retry=FixedDelayRetryStrategy(RETRIES, BACKOFF_MS, None, lambda error: True),
    )
    queue.load(list(range(len(plans))))
    left: list[Any] = []
    try:
        while not queue.is_empty:
            has_happened = calls.start(FAR_NS) > 0
            has_happened |= loop.step(FAR_NS)
            has_happened |= calls.expire() > 0
            calls.collect(100)
            batch = calls.take()
            if batch is not None:
                left += batch.objects()
            elif not has_happened:
                due = [loop.next_due_ns(), queue.next_wake_up_ns(time.now_ns)]
                times = [each for each in due if each is not None]
                assert queue.is_empty or min(times) > time.now_ns, "time stands still"
                time.now_ns = min(times, default=time.now_ns)
    finally:
        loop.close()
    expected = [each for row, plan in enumerate(plans) for each in outcome(row, plan)]
    assert (left if is_ordered else sorted(left, key=repr)) == (
        expected if is_ordered else sorted(expected, key=repr)
    )
