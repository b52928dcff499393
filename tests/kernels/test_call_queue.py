"""The queue of calls in flight under a virtual clock: random programs against what must hold."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.async_calls import AsyncCalls
from flinkette._native.buffer import Int64Buffer
from flinkette._native.call_queue import Call, CallQueue
from flinkette._native.marks import Marks

SECOND_NS = 1_000_000_000
ELEMENT, FULL, FAILED = 1, 2, 3


class Driver:
    """A queue whose calls end when the test says so."""

    def __init__(self, **settings: Any) -> None:
        self.queue = CallQueue(**{"is_ordered": True, "capacity": 4, **settings})
        self.now_ns = 0
        self.last_mark = 0
        self.started: list[tuple[int, Call]] = []
        self.running: list[Call] = []
        self.left: list[Any] = []
        self.side: list[Any] = []
        self.output = AsyncCalls(
            self.queue,
            "invoke",
            None,
            now_ns=lambda: self.now_ns,
            make_task=lambda coroutine: None,
            sleep=asyncio.sleep,
            cancelled_error=asyncio.CancelledError,
            time_out=lambda call: [],
            make_error=lambda error, value, time: error,
            make_row_error=lambda value, failure: (value, str(failure)),
        )

    def load(self, rows: list[Any], marks: list[tuple[int, int]] = ()) -> None:
        """`marks`: (number of rows before, time)."""
        made = None
        if marks:
            stops, times = zip(*marks, strict=True)
            made = Marks(Int64Buffer.of(list(stops)), Int64Buffer.of(list(times)))
        self.queue.load(rows, Int64Buffer.of(list(range(len(rows)))), made)
        self.start()

    def start(self) -> None:
        while (call := self.queue.next_call(self.now_ns)) is not None:
            self.started.append((self.now_ns, call))
            self.running.append(call)
        self.check()

    def end(self, index: int) -> None:
        call = self.running.pop(index)
        self.queue.finish(call, [[("done", row.value)] for row in call.rows])

    def expire(self) -> list[Call]:
        ended = []
        while (call := self.queue.next_expired(self.now_ns)) is not None:
            self.queue.finish(call, [[("late", row.value)] for row in call.rows])
            ended.append(call)
        self.running = [call for call in self.running if call not in ended]
        return ended

    def collect(self, max_rows: int = 1000) -> int:
        """Take what may leave, watermarks among the rows, and start what has room then."""
        status = self.output.collect(max_rows)
        for tag, batch in self.output.take_side():
            self.side += [(tag, value) for value in batch.objects()]
        batch = self.output.take()
        if batch is not None:
            marks = {} if batch.marks is None else _by_stop(batch.marks)
            for stop in range(batch.num_rows + 1):
                if stop in marks:
                    self.left.append(("watermark", marks[stop]))
                if stop < batch.num_rows:
                    self.left.append(batch.objects()[stop])
        watermark = self.output.take_watermark()
        if watermark is not None:
            self.left.append(("watermark", watermark))
        return status

    def check(self) -> None:
        assert self.queue.size <= self.queue.capacity
        numbers = [row.value for row in self.queue.in_flight()]
        assert numbers == sorted(numbers)
        assert len(numbers) == self.queue.size


def _by_stop(marks: Marks) -> dict[int, int]:
    return dict(zip(marks.stops, marks.times, strict=True))


steps = st.lists(
    st.one_of(
        st.tuples(st.just("load"), st.integers(0, 9), st.lists(st.integers(0, 9), max_size=3)),
        st.tuples(st.just("end"), st.integers(0, 10)),
        st.tuples(st.just("wait"), st.sampled_from([1, 20, 50, 400, 1000])),
        st.tuples(st.just("collect"), st.sampled_from([1, 3, 1000])),
    ),
    max_size=40,
)
settings = st.fixed_dictionaries(
    {
        "is_ordered": st.booleans(),
        "capacity": st.integers(4, 9),
        "timeout_ns": st.sampled_from([0, SECOND_NS // 2]),
        "batch_size": st.sampled_from([1, 3]),
        "max_delay_ns": st.sampled_from([0, SECOND_NS // 20]),
        "calls_per_second": st.sampled_from([0.0, 0.5, 3.0]),
    }
)


def run(driver: Driver, program: list[Any]) -> tuple[list[Any], int]:
    """Run a program to its end; return rows and watermarks in the order they came."""
    came: list[Any] = []
    rows = 0
    for name, number, *more in program:
        if name == "load" and not driver.queue.has_waiting_rows:
            values = list(range(rows, rows + number))
            stops = {stop for stop in more[0] if stop <= number}
            came += load(driver, values, stops)
            rows += number
        elif name == "end" and driver.running:
            driver.end(number % len(driver.running))
        elif name == "wait":
            driver.now_ns += number * 1_000_000
            driver.expire()
            driver.start()
        elif name == "collect":
            driver.collect(number)
            driver.start()
    driver.start()
    while driver.queue.has_waiting_rows:  # they enter before what follows them
        finish(driver)
    driver.queue.pass_element("end", is_last=True)
    while driver.collect() != ELEMENT:
        finish(driver)
    assert driver.queue.take_element() == "end"
    return came, rows


def load(driver: Driver, values: list[int], stops: set[int]) -> list[Any]:
    """Load rows with a watermark at each stop; return them in order."""
    came: list[Any] = []
    marks = []
    for index in range(len(values) + 1):
        if index in stops:
            driver.last_mark += 1
            marks.append((index, driver.last_mark))
            came.append(("watermark", driver.last_mark))
        came += values[index : index + 1]
    driver.load(values, marks)
    return came


def finish(driver: Driver) -> None:
    """Do the next thing there is to do: end a call, make one, or let time pass."""
    driver.start()
    if driver.running:
        driver.end(-1)
    elif not driver.queue.has_output():
        due_ns = driver.queue.next_wake_up_ns(driver.now_ns)
        assert due_ns is not None, "nothing would ever happen again"
        driver.now_ns = max(driver.now_ns + 1, due_ns)
    driver.collect()
    driver.start()


def values_of(left: list[Any]) -> list[Any]:
    return [each if each[0] == "watermark" else each[1] for each in left]


@given(settings=settings, program=steps)
def test_rows_leave_once_without_passing_watermarks_and_calls_keep_to_their_limits(
    settings, program
) -> None:
    driver = Driver(**settings)
    came, rows = run(driver, program)
    left = values_of(driver.left)
    assert driver.queue.is_empty
    assert driver.queue.in_flight() == []
    if settings["is_ordered"]:
        assert without_repeats(left) == without_repeats(came)
    else:
        assert segments(left) == segments(came)
    assert sorted(each for each in left if isinstance(each, int)) == list(range(rows))
    assert settings["timeout_ns"] or all(kind != "late" for kind, _ in driver.left)
    assert all(1 <= len(call.rows) <= settings["batch_size"] for _, call in driver.started)
    rate = settings["calls_per_second"]
    if rate:
        at_once = max(1, int(rate))
        starts = [start_ns for start_ns, _ in driver.started]
        pairs = zip(starts, starts[at_once:], strict=False)
        assert all(later - earlier >= int(SECOND_NS * at_once / rate) for earlier, later in pairs)


def without_repeats(things: list[Any]) -> list[Any]:
    """Leave out watermarks that another one follows at once: only the last says something."""
    pairs = zip(things, [*things[1:], None], strict=False)
    return [
        thing
        for thing, after in pairs
        if not (isinstance(thing, tuple) and isinstance(after, tuple))
    ]


def segments(things: list[Any]) -> list[Any]:
    """Sort rows between watermarks."""
    made: list[Any] = []
    for thing in without_repeats(things):
        if isinstance(thing, tuple):
            made.append(thing)
        elif made and isinstance(made[-1], list):
            made[-1] = sorted([*made[-1], thing])
        else:
            made.append([thing])
    return made


def test_a_call_expires_after_its_time_out_and_its_result_is_dropped_then() -> None:
    driver = Driver(timeout_ns=50)
    driver.load([0, 1])
    driver.now_ns = 10
    driver.load([2])
    first = driver.running[0]
    driver.end(1)
    assert driver.queue.next_wake_up_ns(driver.now_ns) == 50
    driver.now_ns = 49
    assert driver.expire() == []
    driver.now_ns = 50
    assert driver.expire() == [first]
    driver.queue.finish(first, [["too late"]])
    driver.collect()
    assert driver.left == [("late", 0), ("done", 1)]
    assert driver.queue.next_wake_up_ns(50) == 60


def test_rows_wait_for_room_until_results_have_left() -> None:
    driver = Driver(capacity=2, is_ordered=False)
    driver.load([0, 1, 2, 3])
    assert len(driver.running) == 2
    driver.end(0)
    driver.start()
    assert driver.queue.has_waiting_rows
    assert not driver.queue.may_call(0)
    driver.collect()
    driver.start()
    assert [call.rows[0].value for call in driver.running] == [1, 2]


def test_in_order_a_failed_row_waits_for_those_before_it_and_no_call_is_begun() -> None:
    driver = Driver(capacity=3)
    driver.load([0, 1, 2, 3])
    failed = driver.running.pop(1)
    driver.queue.fail(failed, ValueError("no"))
    driver.end(1)
    assert driver.collect() == 0
    assert driver.left == []
    driver.end(0)
    assert driver.collect() == FAILED
    assert driver.left == [("done", 0)]
    assert driver.queue.next_call(0) is None
    assert str(driver.queue.take_failure()) == "no"


def test_without_order_a_failed_row_waits_for_none_of_its_segment() -> None:
    driver = Driver(is_ordered=False)
    driver.load([0, 1])
    driver.queue.fail(driver.running.pop(1), ValueError("no"))
    assert driver.collect() == FAILED


@pytest.mark.parametrize("action", ["skip", "side-output"])
@pytest.mark.parametrize("is_ordered", [True, False])
def test_failed_rows_are_left_out_or_put_aside(action, is_ordered) -> None:
    driver = Driver(is_ordered=is_ordered, error_action=action, error_tag="aside")
    driver.load([0, 1])
    driver.queue.fail(driver.running.pop(0), ValueError("no"))
    driver.end(0)
    assert driver.collect() == 0
    assert driver.left == [("done", 1)]
    assert driver.side == ([] if action == "skip" else [("aside", (0, "no"))])
    assert driver.queue.rows_skipped == (1 if action == "skip" else 0)
    assert driver.queue.is_empty


def test_a_partial_batch_is_called_for_when_its_first_row_has_waited_or_nothing_follows() -> None:
    driver = Driver(batch_size=3, max_delay_ns=100)
    driver.load([0, 1])
    assert driver.running == []
    assert driver.queue.next_wake_up_ns(0) == 100
    driver.now_ns = 100
    driver.start()
    assert [[row.value for row in call.rows] for call in driver.running] == [[0, 1]]
    driver.load([2])
    assert len(driver.running) == 1
    driver.queue.pass_element("end", is_last=True)
    driver.start()
    assert [row.value for row in driver.running[1].rows] == [2]


def test_many_calls_that_are_over_do_not_pile_up_behind_one_that_is_not() -> None:
    driver = Driver(is_ordered=False, capacity=100, timeout_ns=SECOND_NS)
    driver.load([0])
    for value in range(1, 1000):
        driver.load([value])
        driver.end(1)
        driver.collect()
    assert [row.value for row in driver.queue.in_flight()] == [0]
    driver.now_ns = SECOND_NS
    assert [call.rows[0].value for call in driver.expire()] == [0]


def test_abandoned_calls_are_over() -> None:
    driver = Driver()
    driver.load([0, 1])
    driver.end(0)
    calls = driver.queue.abandon()
    assert [call.rows[0].value for call in calls] == [1]
    assert all(call.is_over for call in calls)
    assert driver.queue.in_flight() == []


def test_a_queue_needs_room_for_a_call() -> None:
    with pytest.raises(ValueError, match="capacity 2 and batch size 3 do not fit"):
        CallQueue(is_ordered=True, capacity=2, batch_size=3)
