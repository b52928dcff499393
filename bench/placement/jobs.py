"""Programs whose busy time is measured, and held against what was estimated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flinkette.client.settings import deploy_options, plan_options
from flinkette.common import Time, Types, WatermarkStrategy
from flinkette.common.watermark_strategy import TimestampAssigner
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.connectors import NumberSequenceSource
from flinkette.datastream.data_stream import DataStream
from flinkette.datastream.submission import graph_to_submit
from flinkette.datastream.window import TumblingEventTimeWindows
from flinkette.ext.sinks import BlackholeSink
from flinkette.plan.execution_graph import ExecutionGraph, SubtaskId
from flinkette.plan.job_graph import build_job_graph
from flinkette.runtime.clock import SystemClock
from flinkette.runtime.deploy import deploy
from flinkette.runtime.worker import Worker

__all__ = ["JOBS", "MeasuredJob"]

PARALLELISM = 4


class NumberIsTime(TimestampAssigner):
    """The value is the event time in ms."""

    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value)


def numbers(env: StreamExecutionEnvironment, rows: int) -> DataStream:
    """Numbers that every subtask reads a part of."""
    source = NumberSequenceSource(1, rows)
    return env.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())


def pairs(env: StreamExecutionEnvironment, rows: int, keys: int) -> DataStream:
    """(key, 1)."""
    return numbers(env, rows).map(lambda value: (value % keys, 1))


def add(left: Any, right: Any) -> Any:
    """Sum of the second fields."""
    return left[0], left[1] + right[1]


def maps(env: StreamExecutionEnvironment, rows: int) -> DataStream:
    """Functions only, of several widths."""
    stream = numbers(env, rows).map(abs).rebalance().map(abs).set_parallelism(2)
    return stream.rebalance().filter(bool)


def one_source(env: StreamExecutionEnvironment, rows: int) -> DataStream:
    """One subtask reads and parses for all."""
    stream = numbers(env, rows).map(lambda value: str(value)).set_parallelism(1)
    env._stream_graph.nodes[0].parallelism = 1
    return stream.rebalance().map(int)


def running_sum(env: StreamExecutionEnvironment, rows: int) -> DataStream:
    """A running reduce over many keys."""
    return pairs(env, rows, 1_000).key_by(lambda row: row[0]).reduce(add)


def window(env: StreamExecutionEnvironment, rows: int) -> DataStream:
    """Windows of a reduce in Python."""
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(NumberIsTime())
    stream = numbers(env, rows).assign_timestamps_and_watermarks(strategy)
    keyed = stream.map(lambda value: (value % 1_000, 1)).key_by(lambda row: row[0])
    return keyed.window(TumblingEventTimeWindows.of(Time.seconds(10))).reduce(add)


def groups(env: StreamExecutionEnvironment, rows: int) -> DataStream:
    """Two slot sharing groups: one slot in two keeps keys, the others read."""
    return running_sum(env, rows).slot_sharing_group("keyed").set_parallelism(2)


def skewed(env: StreamExecutionEnvironment, rows: int) -> DataStream:
    """Two in three rows have one key, which no estimate can know."""
    stream = numbers(env, rows).map(lambda value: (value if value % 3 == 0 else 0, 1))
    return stream.key_by(lambda row: row[0]).reduce(add).slot_sharing_group("keyed")


JOBS: dict[str, Callable[[StreamExecutionEnvironment, int], DataStream]] = {
    job.__name__: job for job in (maps, one_source, running_sum, window, groups, skewed)
}


class MeasuredJob:
    """A program, its ExecutionGraph, and the busy time of its subtasks when it runs."""

    def __init__(self, name: str, rows: int) -> None:
        env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(PARALLELISM)
        JOBS[name](env, rows).sink_to(BlackholeSink())
        self._configuration = env._configuration
        self._job_graph = build_job_graph(
            graph_to_submit(env._stream_graph), plan_options(self._configuration)
        )
        self.graph = ExecutionGraph(self._job_graph)

    def run(self) -> Mapping[SubtaskId, float]:
        """Run in this process; return seconds by subtask."""
        clock = SystemClock()
        settings = deploy_options(self._configuration, clock, is_bounded=True)
        worker = Worker(deploy(self._job_graph, settings), clock)
        try:
            worker.open()
            while not worker.has_ended:
                if not worker.step() and not worker.has_ended:
                    worker.park()
        finally:
            worker.close()
        busy_s = [subtask.busy_ns / 1e9 for subtask in worker.subtasks]
        return dict(zip(self.graph.subtasks, busy_s, strict=True))
