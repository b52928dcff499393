"""Sources and sinks under the test's control, and jobs on a clock that it moves."""

from __future__ import annotations

from collections import deque
from typing import Any

from flinkette._native.batch import Batch
from flinkette.client.embedded import EmbeddedJob
from flinkette.client.settings import plan_options
from flinkette.common import Configuration, WatermarkStrategy
from flinkette.contracts.sink import Sink, SinkContext, SinkWriter
from flinkette.contracts.source import (
    Fetched,
    ReaderContext,
    Source,
    SourceSplit,
    SplitEnumerator,
    SplitReader,
)
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.submission import graph_to_submit
from flinkette.plan.job_graph import build_job_graph
from flinkette.runtime.clock import VirtualClock

__all__ = ["Feed", "MemorySink", "Run", "environment", "stream_of"]


def environment(parallelism: int = 1, **options: Any) -> StreamExecutionEnvironment:
    """Make an environment; `a_b=1` sets the option `a.b` to "1"."""
    configuration = Configuration()
    for key, value in options.items():
        configuration.set_string(key.replace("__", "-").replace("_", "."), str(value))
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(parallelism)
    return env


class Feed(Source, SplitEnumerator, SplitReader):
    """A source of one split whose rows the test puts in; None ends it."""

    is_parallel = False

    def __init__(self, *rows: Any, fd: int | None = None) -> None:
        self.rows: deque[Any] = deque(rows)
        self.polls = 0
        self.is_closed = False
        self._is_given = False
        self._fd = fd

    def __deepcopy__(self, memo: Any) -> Feed:
        return self

    def create_enumerator(self, parallelism: int) -> SplitEnumerator:
        return self

    def create_reader(self, context: ReaderContext) -> SplitReader:
        return self

    def next_split(self, reader_index: int) -> SourceSplit | None:
        if self._is_given:
            return None
        self._is_given = True
        return SourceSplit("feed")

    def is_exhausted(self) -> bool:
        return self._is_given

    def add_split(self, split: SourceSplit) -> None:
        pass

    def poll(self, max_rows: int) -> Fetched | None:
        self.polls += 1
        if not self.rows:
            return None
        taken: list[Any] = []
        while self.rows and self.rows[0] is not None and len(taken) < max_rows:
            taken.append(self.rows.popleft())
        is_end = bool(self.rows) and self.rows[0] is None
        return Fetched("feed", Batch.from_objects(taken) if taken else None, None, is_end)

    def wait_fd(self) -> int | None:
        return self._fd

    def close(self) -> None:
        self.is_closed = True


class MemorySink(Sink):
    """Keeps what is written, and says what became of it."""

    def __init__(self, *, fails_in: str = "") -> None:
        self.rows: list[Any] = []
        self.sizes: list[int] = []
        self.calls: list[str] = []
        self.is_ready = True
        self.fails_in = fails_in

    def __deepcopy__(self, memo: Any) -> MemorySink:
        return self

    def create_writer(self, context: SinkContext) -> SinkWriter:
        self.call("open")
        return _Writer(self)

    def call(self, name: str) -> None:
        self.calls.append(name)
        if name == self.fails_in:
            raise OSError(f"{name} failed")


class _Writer(SinkWriter):
    def __init__(self, sink: MemorySink) -> None:
        self._sink = sink

    def is_ready(self) -> bool:
        return self._sink.is_ready

    def write(self, batch: Batch) -> None:
        if self._sink.fails_in == "write":
            raise OSError("write failed")
        self._sink.sizes.append(batch.num_rows)
        self._sink.rows += batch.objects()

    def finish(self) -> None:
        self._sink.call("finish")

    def abort(self) -> None:
        self._sink.call("abort")


class Run:
    """A job under a virtual clock, stepped by hand."""

    def __init__(self, env: StreamExecutionEnvironment) -> None:
        self.clock = VirtualClock(1000)
        graph = graph_to_submit(env._stream_graph)
        job_graph = build_job_graph(graph, plan_options(env._configuration))
        self.job = EmbeddedJob(job_graph, env._configuration, "test", self.clock)
        self.job.worker.open()
        self.job._is_open = True

    def settle(self) -> None:
        """Step until nothing is left to do at this moment."""
        while self.job.worker.step():
            pass

    def advance(self, by_ms: int) -> None:
        """Move the clock and do what became due."""
        self.clock.advance(by_ms)
        self.settle()

    def finish(self) -> None:
        """Run to the end."""
        while self.job.step():
            self.clock.advance(10)


def stream_of(env: StreamExecutionEnvironment, source: Source, strategy: Any = None) -> Any:
    """Read a source of the contracts as a user reads one of the connectors."""
    chosen = WatermarkStrategy.no_watermarks() if strategy is None else strategy
    return env.from_source(source, chosen, "feed")
