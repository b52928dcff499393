"""A batch of a slow source is as large as the flush time allows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette.contracts.source import Fetched
from flinkette.runtime.clock import VirtualClock
from flinkette.runtime.poll_size import FIRST_ROWS, PollSize
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

MS = 1_000_000


def test_a_fast_reader_is_soon_asked_for_whole_batches() -> None:
    size = PollSize(16_384, 100 * MS)
    asked = []
    for _ in range(4):
        asked.append(size.rows)
        size.on_poll(size.rows, 1 * MS)
    assert asked == [FIRST_ROWS, 4 * FIRST_ROWS, 16_384, 16_384]


def test_without_a_timeout_batches_are_full_from_the_start() -> None:
    size = PollSize(16_384, None)
    size.on_poll(16_384, 3600 * 1000 * MS)
    assert size.rows == 16_384


def test_few_rows_quickly_say_nothing_of_many() -> None:
    size = PollSize(16_384, 100 * MS)
    size.on_poll(3, 1 * MS)
    assert size.rows == FIRST_ROWS


@given(st.integers(1, 20_000), st.lists(st.integers(1_000, 200 * MS), min_size=1, max_size=20))
def test_after_one_poll_the_next_takes_no_longer_than_the_time(
    most_rows: int, costs_ns: list[int]
) -> None:
    size = PollSize(most_rows, 100 * MS)
    for cost_ns in costs_ns:
        for _ in range(2):
            asked = size.rows
            assert 1 <= asked <= most_rows
            size.on_poll(asked, asked * cost_ns)
        assert size.rows == 1 or size.rows * cost_ns <= 2 * 100 * MS


class SlowClock(VirtualClock):
    """Deadlines pass only when the test says so."""

    now_ns = 0

    def monotonic_ns(self) -> int:
        return self.now_ns


class SlowFeed(Feed):
    """Takes 10 ms for each row."""

    clock: SlowClock

    def poll(self, max_rows: int) -> Fetched | None:
        fetched = super().poll(max_rows)
        batch: Batch | None = None if fetched is None else fetched.batch
        self.clock.now_ns += 10 * MS * (0 if batch is None else batch.num_rows)
        return fetched


@pytest.mark.parametrize(
    ("timeout", "sizes"), [("100 ms", [1000, 10]), ("1 s", [1000, 100]), ("-1", [3000])]
)
def test_rows_of_a_slow_reader_do_not_wait_for_a_full_batch(timeout: str, sizes: list[int]) -> None:
    source, sink = SlowFeed(*range(1000)), MemorySink()
    env = environment(execution_buffer__timeout=timeout)
    if timeout == "-1":
        env.set_buffer_timeout(-1)
        source.rows.extend(range(2000))
    stream_of(env, source).sink_to(sink)
    run: Any = Run(env)
    source.clock = run.job.worker.subtasks[0].input._clock = SlowClock()
    run.settle()
    source.rows.extend([*range(2000), None])
    run.finish()
    assert sink.sizes[: len(sizes)] == sizes
    assert sum(sink.sizes) == (5000 if timeout == "-1" else 3000)
