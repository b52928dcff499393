"""A keyed process function with a ValueState against a loop with a dict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flinkette.common import Types
from flinkette.datastream import DataStream, KeyedProcessFunction, StreamExecutionEnvironment
from flinkette.datastream.state import ValueStateDescriptor
from flinkette.ext.sinks import BlackholeSink

Pair = tuple[int, int]

ROW_COUNT = 300_000
KEY_COUNT = 1_000
PAIR = Types.TUPLE([Types.LONG(), Types.LONG()])
ROWS: list[Pair] = [(row * 2654435761 % KEY_COUNT, 1) for row in range(ROW_COUNT)]


class RunningSum(KeyedProcessFunction):
    """The sum of a key's values so far."""

    def open(self, context: Any) -> None:
        self.total = context.get_state(ValueStateDescriptor("total", Types.LONG()))

    def process_element(self, row: Pair, context: Any) -> Iterator[Pair]:
        total = (self.total.value() or 0) + row[1]
        self.total.update(total)
        yield row[0], total


def summed(env: StreamExecutionEnvironment) -> DataStream:
    env.set_parallelism(1)
    keyed = env.from_collection(ROWS, PAIR).key_by(lambda row: row[0])
    return keyed.process(RunningSum(), PAIR)


def run_job() -> int:
    """Run the job as a program does; return how many rows it made."""
    env = StreamExecutionEnvironment.get_execution_environment()
    sink = BlackholeSink()
    summed(env).sink_to(sink)
    env.execute()
    return sink.num_rows


def run_loop() -> list[Pair]:
    """Keep the sums in a dict."""
    totals: dict[int, int] = {}
    made = []
    get_key = lambda row: row[0]  # noqa: E731  (the job makes the same call)
    for row in ROWS:
        key = get_key(row)
        totals[key] = total = totals.get(key, 0) + row[1]
        made.append((row[0], total))
    return made


def test_keyed_process(time_beside: Any) -> None:
    with summed(
        StreamExecutionEnvironment.get_execution_environment()
    ).execute_and_collect() as rows:
        assert list(rows) == run_loop()
    assert run_job() == ROW_COUNT
    time_beside(run_job, run_loop, ROW_COUNT)
