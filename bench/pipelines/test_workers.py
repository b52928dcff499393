"""The same job with one worker, in the calling process, and with more, in processes of their own.

Wall time from `execute()` to its return, start of the workers included. Rows come from files, which
workers read by themselves: a table in memory would first be copied by the client alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest
from pyarrow import parquet

from bench.pipelines.jobs import Rows
from bench.turns import IS_QUICK, Took
from flinkette.cluster.worker_pool import fork_server
from flinkette.common import Configuration, Time, Types, WatermarkStrategy
from flinkette.datastream import DataStream, StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.aggregations import Sum
from flinkette.ext.sinks import BlackholeSink
from flinkette.ext.sources import ParquetSource, TextSource

ROW_GROUP = 1 << 18
LINES = 400_000
Build = Callable[[StreamExecutionEnvironment, Path], DataStream]


def sums(env: StreamExecutionEnvironment, path: Path) -> DataStream:
    """Add the value up by key in windows of 10 s, all in columns."""
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
    rows = env.from_source(ParquetSource(path), strategy, "rows")
    windows = rows.key_by("key").window(TumblingEventTimeWindows.of(Time.seconds(10)))
    return windows.aggregate(Sum("value"), with_key=True, with_window=True)


def lambdas(env: StreamExecutionEnvironment, path: Path) -> DataStream:
    """The same in Python functions."""
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("time")
    rows = env.from_source(ParquetSource(path), strategy, "rows").map(lambda row: (row[0], row[2]))
    windows = rows.key_by(lambda row: row[0]).window(TumblingEventTimeWindows.of(Time.seconds(10)))
    return windows.reduce(lambda total, row: (total[0], total[1] + row[1]))


def words(env: StreamExecutionEnvironment, path: Path) -> DataStream:
    """Count the words of a text file in Python functions."""
    pair = Types.TUPLE([Types.STRING(), Types.INT()])
    lines = env.from_source(TextSource(path), WatermarkStrategy.no_watermarks(), "lines")
    found = lines.flat_map(lambda line: [(word, 1) for word in line.split()], output_type=pair)
    return found.key_by(lambda word: word[0]).sum(1)


@pytest.fixture(scope="module")
def files(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Path]:
    """A text and files of rows; small ones where nothing is timed."""
    share = 100 if IS_QUICK or request.config.getoption("benchmark_disable") else 1
    folder = tmp_path_factory.mktemp("rows")
    found = {}
    for name, keys, rows in (
        ("rows-1k", 1_000, 32_000_000),
        ("rows-1m", 1_000_000, 8_000_000),
        ("few-1k", 1_000, 4_000_000),
    ):
        found[name] = folder / f"{name}.parquet"
        table = Rows(keys=keys).table(rows // share)
        parquet.write_table(table, found[name], row_group_size=ROW_GROUP // share)
    found["lines"] = folder / "lines.txt"
    with found["lines"].open("w", encoding="utf-8") as file:
        for line in range(LINES // share):
            file.write(" ".join(f"word{(line * 7 + at) ** 2 % 5_000}" for at in range(10)) + "\n")
    return found


def run(build: Build, path: Path, workers: int, parallelism: int) -> Took:
    """Run the job; its workers' processor time is known when they have ended."""
    configuration = Configuration()
    configuration.set_integer("flinkette.execution.workers", workers)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(parallelism)
    build(env, path).sink_to(BlackholeSink())
    before_s, started = processor_s(workers), perf_counter()
    env.execute()
    wall_s = perf_counter() - started
    return Took(wall_s, processor_s(workers) - before_s, is_elsewhere=workers > 1)


def processor_s(workers: int) -> float:
    """Processor time of this process, or of all workers that have ended."""
    if workers == 1:
        times = os.times()
        return times.user + times.system
    process = Path(f"/proc/{fork_server()._process.pid}")
    children = process / "task" / process.name / "children"
    while children.read_text(encoding="ascii"):
        sleep(0.001)
    stat = process / "stat"
    fields = stat.read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("build", "name"),
    [
        pytest.param(sums, "rows-1k", id="sums-1k"),
        pytest.param(sums, "rows-1m", id="sums-1m"),
        pytest.param(lambdas, "few-1k", id="lambdas"),
        pytest.param(words, "lines", id="words"),
    ],
)
def test_two_workers(time_turns: Any, files: dict[str, Path], build: Build, name: str) -> None:
    jobs = {
        "one": partial(run, build, files[name], 1, 1),
        "two": partial(run, build, files[name], 2, 2),
    }
    time_turns(jobs, rows=1, rounds=5)


def test_many_workers(time_turns: Any, files: dict[str, Path]) -> None:
    jobs = {
        str(workers): partial(run, lambdas, files["few-1k"], workers, workers)
        for workers in (2, 8, 32)
    }
    time_turns(jobs, rows=1, rounds=5)
