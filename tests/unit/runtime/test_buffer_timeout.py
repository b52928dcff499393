"""How long rows wait for others on their way to several subtasks: execution.buffer-timeout."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.contracts.errors import UserFunctionError
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")
TIMEOUT = "execution_buffer__timeout_interval"
ENABLED = "execution_buffer__timeout_enabled"


def run_of(feed: Feed, sink: MemorySink, timeout_ms: int | None = None, **options: Any) -> Run:
    env = environment(2, **options)
    rows = stream_of(env, feed).map(lambda row: row).set_parallelism(1)
    if timeout_ms is not None:
        rows = rows.set_buffer_timeout(timeout_ms)
    rows.rebalance().map(lambda row: row).sink_to(sink)
    return Run(env)


@pytest.mark.parametrize("options", [{}, {TIMEOUT: "0 ms"}, {TIMEOUT: "1 h"}])
def test_a_slow_stream_does_not_wait(options: dict[str, str]) -> None:
    feed, sink = Feed(), MemorySink()
    run = run_of(feed, sink, **options)
    for row in range(5):
        feed.rows.append(row)
        run.settle()
        assert sink.rows == list(range(row + 1))
    feed.rows.append(None)
    run.finish()


@pytest.mark.parametrize("is_of_the_operator", [True, False])
def test_without_a_timeout_rows_wait_until_the_batch_is_full(is_of_the_operator: bool) -> None:
    feed, sink = Feed(), MemorySink()
    batch_of_four = {"flinkette_batch_rows": 4}
    if is_of_the_operator:
        run = run_of(feed, sink, -1, **batch_of_four)
    else:
        run = run_of(feed, sink, **batch_of_four, **{ENABLED: False})
    seen = []
    for row in (1, 2, 3, 4):
        feed.rows.append(row)
        run.settle()
        seen.append(len(sink.rows))
    assert seen == [0, 0, 3, 3], "three quarters are full"
    feed.rows.append(None)
    run.finish()
    assert sorted(sink.rows) == [1, 2, 3, 4]


def fail_at_three(row: int) -> int:
    if row == 3:
        raise ValueError("three")
    return row


def test_rows_before_a_failure_arrive_although_they_waited() -> None:
    feed, sink = Feed(1, 2, 3), MemorySink()
    env = environment(2, **{ENABLED: False})
    stream_of(env, feed).map(fail_at_three).set_parallelism(1).rebalance().sink_to(sink)
    run = Run(env)
    with pytest.raises(UserFunctionError, match="three"):
        run.settle()
    assert sorted(sink.rows) == [1, 2]
    run.job.close()
