"""A call that takes long is named, once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from threading import get_ident
from typing import Any

import pytest

from flinkette.runtime.long_calls import LongCalls
from flinkette.runtime.worker import Turn
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

pytestmark = pytest.mark.usefixtures("no_leaks")


def until(holds: Callable[[], Any]) -> None:
    deadline_s = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.001)


def run_watched(functions: list[Any], said: list[str], rows: int = 3) -> None:
    env = environment()
    stream = stream_of(env, Feed(*range(rows), None))
    for number, function in enumerate(functions):
        stream = stream.map(function).name(f"Function {number}")
    stream.sink_to(MemorySink())
    run = Run(env)
    watch = LongCalls(run.job.worker, 20, said.append)
    watch.start()
    try:
        run.finish()
    finally:
        watch.close()


def test_operator_function_and_line_are_named_and_each_function_once() -> None:
    said: list[str] = []
    calls: list[int] = []

    def slow(value: int) -> int:
        calls.append(value)
        until(lambda: said)
        if len(calls) == 3:
            time.sleep(0.2)  # long again, and known
        return value

    run_watched([slow], said)
    assert len(said) == 1
    assert "operator Source: feed -> Function 0 -> Sink" in said[0]
    line = slow.__code__.co_firstlineno + 2
    assert f"slow ({__file__}:{line})" in said[0]
    assert "flinkette.long-call.warning is 0.02 s" in said[0]


def test_where_a_library_is_at_work_is_said_too() -> None:
    said: list[str] = []

    class Stuck:
        def default(self, _: object) -> Any:
            until(lambda: said)
            return 1

    def to_text(value: int) -> str:
        return json.dumps(value if value else object(), default=Stuck().default)

    run_watched([to_text], said, rows=1)
    assert f"to_text ({__file__}:{to_text.__code__.co_firstlineno + 1})" in said[0]


def test_each_function_is_named() -> None:
    said: list[str] = []

    def first(value: int) -> int:
        until(lambda: len(said) >= 1)
        return value

    def second(value: int) -> int:
        until(lambda: len(said) >= 2)
        return value

    run_watched([first, second], said)
    assert ["first (" in said[0], "second (" in said[1], len(said)] == [True, True, 2]


def test_each_coroutine_function_is_named() -> None:
    said: list[str] = []

    async def first(value: int) -> int:
        until(lambda: len(said) >= 1)
        return value

    async def second(value: int) -> int:
        until(lambda: len(said) >= 2)
        return value

    run_watched([first, second], said, rows=1)
    assert ["first (" in said[0], "second (" in said[1], len(said)] == [True, True, 2]


def test_short_calls_and_no_limit_say_nothing() -> None:
    said: list[str] = []
    run_watched([lambda value: value], said, rows=1000)
    assert said == []
    watch = LongCalls(Run(_idle()).job.worker, 0, said.append)
    watch.start()
    watch.close()
    assert said == []


def test_a_process_that_stood_still_blames_nobody() -> None:
    # a limit of 10 s: looks come each second; then 10 min without one
    said: list[str] = []
    worker = Run(_idle()).job.worker
    watch = LongCalls(worker, 10_000, said.append)
    worker.turn = Turn(worker.subtasks[0], 0, get_ident())
    for second in [1, 2, 3, 603, *range(604, 609)]:
        watch.look(second * 10**9)
    assert said == []
    for second in range(609, 615):
        watch.look(second * 10**9)
    assert len(said) == 1


def _idle() -> Any:
    env = environment()
    stream_of(env, Feed(None)).sink_to(MemorySink())
    return env


ON_WORKERS = """
import os, sys, time
from pathlib import Path

os.dup2(os.open("said", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
from flinkette.common import Configuration
from flinkette.datastream import StreamExecutionEnvironment

def slow(value):
    deadline_s = time.monotonic() + 30
    while "been at work" not in Path("said").read_text() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return value

configuration = Configuration().set_integer("flinkette.execution.workers", int(sys.argv[1]))
configuration.set_string("flinkette.long-call.warning", "50 ms")
env = StreamExecutionEnvironment.get_execution_environment(configuration).set_parallelism(2)
print(list(env.from_collection([1]).rebalance().map(slow).execute_and_collect()))
print(Path("said").read_text())
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_warn_while_the_call_is_at_work(run_python: Any, workers: int) -> None:
    rows, said = run_python("-c", ON_WORKERS, str(workers)).stdout.split("\n", 1)
    assert rows == "[1]"
    assert "slow (<string>:" in said
