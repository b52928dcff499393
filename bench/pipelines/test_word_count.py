"""Running word counts against the loop that makes the same calls."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from flinkette.datastream import DataStream, StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink

Count = tuple[str, int]

WORDS = [f"word{rank}" for rank in range(5_000)]
WORDS_PER_LINE = 10


def zipf_lines(line_count: int) -> list[str]:
    """Lines of words whose frequency falls with their rank, as in real texts."""
    choice = random.Random(20130101)
    weights = [1 / (1 + rank) for rank in range(len(WORDS))]
    return [" ".join(choice.choices(WORDS, weights, k=WORDS_PER_LINE)) for _ in range(line_count)]


LINES = zipf_lines(20_000)


def split(line: str) -> list[Count]:
    return [(word, 1) for word in line.split()]


def get_word(count: Count) -> str:
    return count[0]


def add(total: Count, count: Count) -> Count:
    return (total[0], total[1] + count[1])


def with_reduce(env: StreamExecutionEnvironment) -> DataStream:
    return env.from_collection(LINES).flat_map(split).key_by(get_word).reduce(add)


def with_sum(env: StreamExecutionEnvironment) -> DataStream:
    return env.from_collection(LINES).flat_map(split).key_by(get_word).sum(1)


def run_loop() -> list[Count]:
    """Make the same calls per line and word; keep every running count, as the stream does."""
    totals: dict[str, Count] = {}
    counts: list[Count] = []
    for line in LINES:
        for count in split(line):
            word = get_word(count)
            total = totals.get(word)
            totals[word] = total = count if total is None else add(total, count)
            counts.append(total)
    return counts


@pytest.mark.parametrize("pipeline", [with_reduce, with_sum])
def test_word_count(
    time_beside: Any, pipeline: Callable[[StreamExecutionEnvironment], DataStream]
) -> None:
    def new_env() -> StreamExecutionEnvironment:
        env = StreamExecutionEnvironment.get_execution_environment()
        env.set_parallelism(1)
        return env

    def run_job() -> int:
        env = new_env()
        sink = BlackholeSink()
        pipeline(env).sink_to(sink)
        env.execute()
        return sink.num_rows

    assert list(pipeline(new_env()).execute_and_collect()) == run_loop()
    row_count = len(LINES) * WORDS_PER_LINE
    assert run_job() == row_count
    time_beside(run_job, run_loop, row_count)
