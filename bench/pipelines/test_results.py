"""Rows from a job to the program that started it: as columns and as objects, against a plain loop.

Columns stand beside cutting the same table into batches and joining them again in pyarrow alone;
objects beside making a list of the same objects.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from flinkette.common import Types
from flinkette.datastream import DataStream, StreamExecutionEnvironment

ROWS = 1_000_000
TABLE = pa.table({"key": np.arange(ROWS) % 1000, "v": np.arange(ROWS) * 0.5})
PAIRS = list(zip(TABLE["key"].to_pylist(), TABLE["v"].to_pylist(), strict=True))
PAIR = Types.TUPLE([Types.LONG(), Types.DOUBLE()])


def columns() -> DataStream:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env.from_arrow(TABLE)


def objects() -> DataStream:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    return env.from_collection(PAIRS, PAIR)


def test_columns_to_arrow(time_beside: Any) -> None:
    def in_pyarrow() -> pa.Table:
        return pa.Table.from_batches(TABLE.to_batches(8192))

    assert columns().execute_and_collect().to_arrow().equals(in_pyarrow())
    time_beside(lambda: columns().execute_and_collect().to_arrow(), in_pyarrow, ROWS)


@pytest.mark.parametrize("form", ["list", "arrow"])
def test_objects(time_beside: Any, form: str) -> None:
    def run_job() -> Any:
        results = objects().execute_and_collect()
        return list(results) if form == "list" else results.to_arrow()

    def bare() -> Any:
        if form == "list":
            return list(map(tuple, PAIRS))
        return pa.table({f"f{at}": [pair[at] for pair in PAIRS] for at in range(2)})

    assert run_job() == bare()
    time_beside(run_job, bare, ROWS, rounds=7)
