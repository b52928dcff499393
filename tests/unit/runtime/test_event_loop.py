"""The stepped event loop, and calls in it under a clock of their own against what must come out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import select
import signal
import socket
import threading
from concurrent.futures import Future
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.async_calls import AsyncCalls
from flinkette._native.call_queue import Call, CallQueue
from flinkette.contracts.async_functions import AsyncRetryStrategy
from flinkette.contracts.async_retry import FixedDelayRetryStrategy, RetryPredicate
from flinkette.runtime import event_loop
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


STILL_NS = 2**62
"""What the clock of a harness says for ever: doubles have no nanoseconds there."""


def test_a_timer_runs_at_its_time_however_far_away_the_clock_began() -> None:
    time = Time()
    time.now_ns = STILL_NS
    loop = EventLoop(time)
    task = loop.make_task(asyncio.sleep(0.1, "slept"))
    loop.step(2 * STILL_NS)
    for _ in range(10):
        assert loop.next_due_ns() is not None
        time.now_ns += 10 * MS
        loop.step(2 * STILL_NS)
    assert task.result() == "slept"
    loop.close()


def test_time_passes_on_a_still_clock_while_it_waits() -> None:
    loop = EventLoop(lambda: STILL_NS)
    assert loop.run(asyncio.sleep(0.002, "slept")) == "slept"
    loop.make_task(asyncio.sleep(1))
    loop.step(2 * STILL_NS)
    assert loop.next_due_ns() == pytest.approx(STILL_NS + 1000 * MS, abs=100)
    loop.close()


def test_a_task_that_will_not_end_is_left_behind_on_a_still_clock(monkeypatch, caplog) -> None:
    monkeypatch.setattr(event_loop, "GRACE_S", 0.02)
    loop = EventLoop(lambda: STILL_NS)
    has_ended = False

    async def stubborn() -> None:
        while not has_ended:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)

    loop.make_task(stubborn())
    loop.step(2 * STILL_NS)
    loop.close()
    assert "were left behind" in caplog.text
    has_ended = True


@pytest.mark.parametrize("is_cancelled_before", [False, True])
def test_a_task_that_cleans_up_is_not_cut_short(loop, is_cancelled_before) -> None:
    ends = []

    async def with_session() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.001)
            ends.append("closed")

    task = loop.make_task(with_session())
    loop.step(FAR_NS)
    if is_cancelled_before:
        loop.cancel([task])
        loop.run(asyncio.sleep(0))
    loop.close()
    assert ends == ["closed"]


def test_an_interrupt_beside_a_loop_of_the_caller_ends_a_step_at_work(time) -> None:
    loop = EventLoop(time)
    is_at_work, may_go_on = threading.Event(), threading.Event()

    async def work() -> None:
        is_at_work.set()
        may_go_on.wait()

    class Interrupted(Future):
        """Stands for a caller that is interrupted while the loop's thread has user code at work."""

        def result(self, timeout: float | None = None) -> Any:
            is_at_work.wait()
            raise KeyboardInterrupt

    async def caller() -> None:
        loop.make_task(asyncio.sleep(0))
        loop.step(FAR_NS)
        thread = loop._thread
        assert thread is not None
        submit = thread.submit

        def interrupted(*arguments: Any) -> Any:
            submit(*arguments)
            return Interrupted()

        loop.make_task(work())
        thread.submit = interrupted  # type: ignore[method-assign, assignment]
        with pytest.raises(KeyboardInterrupt):
            loop.step(FAR_NS)
        del thread.submit
        # close() waits behind the step, which must end all the same
        threading.Timer(0.01, may_go_on.set).start()
        loop.close()

    asyncio.run(caller())


def test_an_interrupt_beside_a_loop_of_the_caller_cancels_what_is_waited_for(time) -> None:
    loop = EventLoop(time)
    was_cancelled = threading.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    async def caller() -> None:
        main = threading.get_ident()
        threading.Timer(0.01, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            loop.run(forever())
        loop.close()

    # not asyncio.run, which turns the signal into a cancelled task
    runner = asyncio.new_event_loop()
    runner.run_until_complete(caller())
    runner.close()
    assert was_cancelled.is_set()


def made_calls(queue: CallQueue, loop: EventLoop, time: Time, invoke: Any, **more: Any) -> Any:
    return AsyncCalls(
        queue,
        "invoke",
        invoke,
        now_ns=time,
        make_task=loop.make_task,
        sleep=asyncio.sleep,
        cancelled_error=asyncio.CancelledError,
        make_error=lambda error, value, time_ms: error,
        make_row_error=lambda value, failure: value,
        **{"time_out": lambda call: [], **more},
    )


def at_each_ms(calls: Any, loop: EventLoop, time: Time, until_ms: int) -> list[Any]:
    """Step calls and loop until a time; return the results."""
    left: list[Any] = []
    while True:
        for _ in range(3):
            calls.start(FAR_NS)
            loop.step(FAR_NS)
            calls.expire()
        calls.collect(100)
        batch = calls.take()
        left += [] if batch is None else batch.objects()
        if time.now_ns == until_ms * MS:
            return left
        time.now_ns += MS


class Again(AsyncRetryStrategy):
    """Repeats a call three times, however it ends without values."""

    def __init__(self, pause_ms: int) -> None:
        self.pause_ms = pause_ms

    def can_retry(self, current_attempts: int) -> bool:
        return current_attempts < 4

    def get_backoff_time_millis(self, current_attempts: int) -> int:
        return self.pause_ms

    def get_retry_predicate(self) -> Any:
        return RetryPredicate(lambda result: not result, lambda error: True)


@pytest.mark.parametrize("pause_ms", [0, 1, 150])
def test_attempts_keep_to_the_limit_and_rows_behind_do_not_overtake_them(
    loop, time, pause_ms
) -> None:
    starts: list[tuple[int, int]] = []

    async def invoke(row: int) -> list[int]:
        starts.append((time.now_ns // MS, row))
        if row == 0 and len([each for each in starts if each[1] == 0]) < 3:
            raise OSError
        return [row]

    queue = CallQueue(is_ordered=False, capacity=100, calls_per_second=10)
    queue.load(list(range(40)))
    calls = made_calls(queue, loop, time, invoke, retry=Again(pause_ms))
    at_each_ms(calls, loop, time, 2500)
    for earlier, later in zip(starts, starts[10:], strict=False):
        assert later[0] - earlier[0] >= 1000
    # each attempt waits for one free start, not until no rows are left
    assert [start for start, row in starts if row == 0][:3] == [0, 1000, 2000]


def test_no_result_at_all_is_an_error_that_no_attempt_follows(loop, time) -> None:
    attempts = []

    async def invoke(row: int) -> None:
        attempts.append(row)

    queue = CallQueue(is_ordered=True, capacity=1, error_action="skip")
    queue.load([1])
    calls = made_calls(queue, loop, time, invoke, retry=Again(0))
    assert at_each_ms(calls, loop, time, 5) == []
    assert (attempts, queue.rows_skipped) == ([1], 1)


def test_an_error_that_a_call_makes_of_its_time_out_is_nobodys(loop, time) -> None:
    reports: list[Any] = []
    loop._loop.set_exception_handler(lambda _loop, context: reports.append(context))

    async def invoke(row: int) -> list[int]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise OSError("connection closed") from None
        return [row]

    queue = CallQueue(is_ordered=True, capacity=1, timeout_ns=3 * MS)
    queue.load([1])
    calls = made_calls(queue, loop, time, invoke)
    at_each_ms(calls, loop, time, 10)
    gc.collect()
    assert (queue.is_empty, reports) == (True, [])


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
    calls = made_calls(
        queue,
        loop,
        time,
        invoke,
        time_out=late,
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
