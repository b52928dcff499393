"""How jobs end: order of calls, failures, stop, cancel, Ctrl-C, and what sinks keep."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from typing import Any, ClassVar

import pytest

from flinkette.common import Time
from flinkette.contracts.errors import (
    JobCancelledError,
    SinkError,
    UserFunctionError,
)
from flinkette.contracts.job import JobStatus
from flinkette.datastream.functions import MapFunction, ReduceFunction, RuntimeContext
from flinkette.datastream.window import TumblingProcessingTimeWindows
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")


class Logged(MapFunction):
    """Writes its life down; a copy writes into the same list."""

    log: ClassVar[list[str]] = []

    def __init__(self, name: str, fails_in: str = "") -> None:
        self.name = name
        self.fails_in = fails_in

    def call(self, method: str) -> None:
        self.log.append(f"{self.name} {method}")
        if method == self.fails_in:
            raise ValueError(f"{self.name} cannot {method}")

    def open(self, runtime_context: RuntimeContext) -> None:
        self.call("open")

    def map(self, value: Any) -> Any:
        self.call("map")
        return value

    def close(self) -> None:
        self.call("close")


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    Logged.log.clear()


def test_functions_open_before_the_first_row_and_close_after_the_sink_has_committed() -> None:
    feed, sink, env = Feed(1, None), MemorySink(), environment()
    sink.calls = Logged.log
    stream_of(env, feed).map(Logged("f")).map(Logged("g")).sink_to(sink)
    env.execute()
    assert Logged.log == [
        "open",
        "f open",
        "g open",
        "f map",
        "g map",
        "finish",
        "f close",
        "g close",
    ]
    assert feed.is_closed


def test_a_failure_aborts_every_sink_and_closes_every_function() -> None:
    sinks = [MemorySink(), MemorySink()]
    feed, env = Feed(1, None), environment()
    stream = stream_of(env, feed).map(Logged("f"))
    stream.sink_to(sinks[0])
    stream.map(Logged("g", "map")).sink_to(sinks[1])
    with pytest.raises(UserFunctionError, match="g cannot map"):
        env.execute()
    assert [sink.calls for sink in sinks] == [["open", "abort"]] * 2
    assert Logged.log[-2:] == ["f close", "g close"]
    assert feed.is_closed


def test_a_sink_whose_input_has_ended_commits_only_when_the_whole_job_has() -> None:
    first, second = MemorySink(), MemorySink()
    short, long, env = Feed(1, None), Feed(), environment()
    stream_of(env, short).sink_to(first)
    stream_of(env, long).map(Logged("g", "map")).sink_to(second)
    run = Run(env)
    run.settle()
    assert (first.rows, first.calls) == ([1], ["open"])
    long.rows.append(2)
    with pytest.raises(UserFunctionError):
        run.finish()
    assert [first.calls, second.calls] == [["open", "abort"]] * 2


def test_rows_before_the_failing_one_reach_the_sinks() -> None:
    sink, env = MemorySink(), environment()
    stream_of(env, Feed(4, 2, 1, 0, 5, None)).map(lambda row: 4 // row).rebalance().map(
        lambda row: row
    ).sink_to(sink)
    with pytest.raises(UserFunctionError, match="row: 0"):
        env.execute()
    assert sink.rows == [1, 2, 4]


@pytest.mark.parametrize("method", ["open", "close"])
@pytest.mark.parametrize("kind", ["map", "reduce", "window"])
def test_an_error_in_open_or_close_names_the_operator(kind: str, method: str) -> None:
    class Reducing(Logged, ReduceFunction):
        def reduce(self, value1: Any, value2: Any) -> Any:
            return value1

    sink, env = MemorySink(), environment()
    stream = stream_of(env, Feed(1, None))
    if kind == "map":
        stream.map(Logged("f", method)).name("mine").sink_to(sink)
    elif kind == "reduce":
        stream.key_by(abs).reduce(Reducing("f", method)).name("mine").sink_to(sink)
    else:
        window = TumblingProcessingTimeWindows.of(Time.seconds(1))
        keyed = stream.key_by(abs).window(window)
        keyed.reduce(Reducing("f", method)).name("mine").sink_to(sink)
    with pytest.raises(UserFunctionError, match=f"f cannot {method}") as caught:
        env.execute()
    assert "'mine'" in str(caught.value)
    assert "test_ends.py:" in str(caught.value)
    assert sink.calls[-1] == ("abort" if method == "open" else "finish")
    assert Logged.log.count("f open") == 1


@pytest.mark.parametrize("method", ["open", "write", "finish"])
def test_an_error_of_a_sink_names_the_operator_and_the_sink_is_aborted(method: str) -> None:
    sink, env = MemorySink(fails_in=method), environment()
    stream_of(env, Feed(1, None)).sink_to(sink).name("target")
    with pytest.raises(SinkError, match=f"{method} failed") as caught:
        env.execute()
    assert "'Sink: target'" in str(caught.value)
    assert "test_ends.py:" in str(caught.value)
    assert sink.calls[-1] == ("open" if method == "open" else "abort")


@pytest.mark.pipeline
def test_an_error_while_closing_does_not_hide_the_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    env = environment()
    stream = stream_of(env, Feed(1, None)).map(Logged("f", "close")).map(Logged("g", "map"))
    stream.sink_to(MemorySink())
    with pytest.raises(UserFunctionError, match="g cannot map"):
        env.execute()
    assert "f cannot close" in capsys.readouterr().err


def test_stop_processes_what_was_read_and_commits() -> None:
    feed, sink, env = Feed(*range(20_000)), MemorySink(), environment()
    stream_of(env, feed).map(lambda row: row).sink_to(sink)
    run = Run(env)
    run.job.worker.step()
    run.job.stop()
    run.finish()
    assert sink.rows == list(range(20_000 - len(feed.rows)))
    assert sink.calls == ["open", "finish"]
    assert run.job.status == JobStatus.FINISHED


def test_stop_processes_rows_that_wait_for_their_timestamp() -> None:
    from flinkette.common import WatermarkStrategy
    from flinkette.common.watermark_strategy import TimestampAssigner

    class Slow(TimestampAssigner):
        def extract_timestamp(self, value: int, record_timestamp: int) -> int:
            time.sleep(0.003)
            return value

    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Slow())
    feed, sink, env = Feed(*range(20)), MemorySink(), environment()
    stream_of(env, feed, strategy).sink_to(sink)
    run = Run(env)
    run.job.worker.step()
    assert not feed.rows
    run.job.stop()
    run.finish()
    assert sink.rows == list(range(20))


def test_a_job_that_is_closed_before_its_end_is_cancelled() -> None:
    sink, env = MemorySink(), environment()
    stream_of(env, Feed(1)).sink_to(sink)
    run = Run(env)
    run.settle()
    run.job.close()
    run.job.close()
    assert sink.calls == ["open", "abort"]
    assert run.job.step() is False


def test_cancel_aborts_and_the_result_says_so() -> None:
    sink, env = MemorySink(), environment()
    stream_of(env, Feed(1)).sink_to(sink)
    client = env.execute_async("endless")
    while not sink.rows:
        time.sleep(0.001)
    client.cancel().result()
    assert sink.calls == ["open", "abort"]
    with pytest.raises(JobCancelledError, match="endless"):
        client.get_job_execution_result().result()
    assert client.get_job_status().result() == JobStatus.CANCELED
    client._thread.join(10)


@pytest.mark.pipeline
def test_a_failure_of_an_asynchronous_job_is_in_its_result() -> None:
    sink, env = MemorySink(), environment()
    stream_of(env, Feed(1, None)).map(Logged("f", "map")).sink_to(sink)
    client = env.execute_async()
    with pytest.raises(UserFunctionError, match="f cannot map"):
        client.get_job_execution_result().result()
    assert client.get_job_status().result() == JobStatus.FAILED
    client._thread.join(10)


def interrupt_when(sink: MemorySink) -> threading.Thread:
    def wait() -> None:
        deadline = time.monotonic() + 10
        while not sink.rows and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.parametrize("is_parked", [True, False])
def test_ctrl_c_finishes_with_what_was_read_and_reports(
    is_parked: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    feed, sink, env = Feed(1), MemorySink(), environment()
    if not is_parked:
        feed.rows += [2] * 10_000_000
    stream_of(env, feed).map(lambda row: row).sink_to(sink)
    before = signal.getsignal(signal.SIGINT)
    thread = interrupt_when(sink)
    env.execute("endless")
    thread.join()
    assert sink.calls == ["open", "finish"]
    assert "stopped by Ctrl-C" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_ends_the_job_at_once() -> None:
    def stuck(row: int) -> int:
        sink.rows.append("started")
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)
        return row

    sink, env = MemorySink(), environment()
    stream_of(env, Feed(1)).map(stuck).sink_to(sink)
    with pytest.raises(KeyboardInterrupt):
        env.execute()
    assert sink.calls == ["open", "abort"]


def test_a_parked_worker_wakes_for_a_socket() -> None:
    reading, writing = socket.socketpair()
    with reading, writing:
        feed, sink, env = Feed(fd=reading.fileno()), MemorySink(), environment()
        stream_of(env, feed).sink_to(sink)
        run = Run(env)
        run.settle()
        writing.send(b"x")
        started = time.monotonic()
        run.job.worker.park()
        assert time.monotonic() - started < 0.09
        reading.recv(1)
        run.job.worker.park()
        assert 0.09 < time.monotonic() - started < 5
        run.job.close()


def test_a_parked_worker_wakes_for_a_timer() -> None:
    env = environment()
    stream_of(env, Feed(1)).map(abs).sink_to(MemorySink())
    run = Run(env)
    run.settle()
    run.job.worker.subtasks[0].next_processing_time = lambda: run.clock.now_ms() + 20  # type: ignore[method-assign]
    started = time.monotonic()
    run.job.worker.park()
    assert time.monotonic() - started < 0.09
    run.job.close()
