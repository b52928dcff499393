"""One Python function per row against `list(map(f, values))`."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette.common import Types
from flinkette.datastream import DataStream, StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink

VALUES = list(range(500_000))
TYPES: dict[str, Any] = {"undeclared": None, "long": Types.LONG()}


def add_one(value: int) -> int:
    return value + 1


def mapped(env: StreamExecutionEnvironment, type_name: str) -> DataStream:
    env.set_parallelism(1)
    return env.from_collection(VALUES).map(add_one, output_type=TYPES[type_name])


@pytest.mark.parametrize("type_name", TYPES)
def test_map(time_beside: Any, type_name: str) -> None:
    def run_job() -> int:
        env = StreamExecutionEnvironment.get_execution_environment()
        sink = BlackholeSink()
        mapped(env, type_name).sink_to(sink)
        env.execute()
        return sink.num_rows

    def run_map() -> list[int]:
        return list(map(add_one, VALUES))

    env = StreamExecutionEnvironment.get_execution_environment()
    assert list(mapped(env, type_name).execute_and_collect()) == run_map()
    assert run_job() == len(VALUES)
    time_beside(run_job, run_map, len(VALUES))
