"""Workers that are stopped and go on at random lose nothing, repeat nothing, and do not grow.

`FLK_SOAK_S` says about how long: 10 by default, 60 in CI; by hand:
``FLK_SOAK_S=600 pytest tests/cluster/test_soak.py``.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from flinkette.client.start import make_job
from flinkette.common import Configuration, Time, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.connectors.collect import CollectBuffer, CollectSink
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.connectors import NumberSequenceSource
from flinkette.datastream.submission import graph_to_submit
from flinkette.datastream.window import TumblingEventTimeWindows

SECONDS = float(os.environ.get("FLK_SOAK_S", "10"))
ROWS_PER_SECOND = 600_000
NUM_KEYS = 64
MAX_GROWTH_BYTES = 24 << 20

PATIENCE_S = 60 + 20 * SECONDS

pytestmark = [
    pytest.mark.usefixtures("fork_server_of_the_module", "no_leaks"),
    pytest.mark.timeout(PATIENCE_S + 60),
]


class OwnTime(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[2])


def make_soak(num_rows: int, buffer: CollectBuffer) -> Any:
    configuration = Configuration().set_integer("flinkette.execution.workers", 3)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(3)
    source = NumberSequenceSource(1, num_rows)
    numbers = env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers")
    rows = numbers.rebalance().map(lambda n: (n % NUM_KEYS, 1, n))
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(OwnTime())
    sums = (
        rows.assign_timestamps_and_watermarks(strategy)
        .key_by(lambda row: row[0])
        .window(TumblingEventTimeWindows.of(Time.milliseconds(num_rows + 1)))
        .reduce(lambda a, b: (a[0], a[1] + b[1], a[2] + b[2]))
    )
    sums._append_sink(CollectSink(buffer), "collect", is_non_parallel=True)
    return make_job(graph_to_submit(env._stream_graph), env._configuration, "soak")


def own_bytes(process: int) -> int:
    """Return the memory of a process without what it shares: rings are touched bit by bit."""
    resident, shared = Path(f"/proc/{process}/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


class Pauses(threading.Thread):
    """Stops a random worker for a random while, again and again; takes the memory of all."""

    def __init__(self, processes: list[int], seed: int) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self._processes = processes
        self._chance = random.Random(seed)
        self._is_over = threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(self._chance.uniform(0, 0.1)):
            victim = self._chance.choice(self._processes)
            try:
                os.kill(victim, signal.SIGSTOP)
                self._is_over.wait(self._chance.uniform(0, 0.2))
                os.kill(victim, signal.SIGCONT)
                self.sizes.append(sum(map(own_bytes, self._processes)))
            except (ProcessLookupError, FileNotFoundError):
                return

    def end(self) -> None:
        self._is_over.set()
        self.join()


def test_pauses_lose_nothing_and_memory_stays_flat() -> None:
    seed = random.randrange(2**32)
    num_rows = int(SECONDS * ROWS_PER_SECOND)
    buffer = CollectBuffer(None)
    job = make_soak(num_rows, buffer)
    job.step()
    pauses = Pauses(list(job.processes.values()), seed)
    pauses.start()
    started_s = time.monotonic()
    try:
        while job.step():
            assert time.monotonic() - started_s < PATIENCE_S, f"seed {seed}: it hangs"
    finally:
        pauses.end()
        job.close()
    rows = []
    while (batch := buffer.take()) is not None:
        rows += batch.objects()
    expected = {}
    for key in range(NUM_KEYS):
        numbers = range(key or NUM_KEYS, num_rows + 1, NUM_KEYS)
        expected[key] = (key, len(numbers), (numbers[0] + numbers[-1]) * len(numbers) // 2)
    assert sorted(rows) == list(expected.values()), f"seed {seed}"
    quarter = len(pauses.sizes) // 4
    if quarter:
        growth = median(pauses.sizes[-quarter:]) - median(pauses.sizes[quarter : 2 * quarter])
        assert growth < MAX_GROWTH_BYTES, f"seed {seed}: {growth / 2**20:.1f} MiB"
