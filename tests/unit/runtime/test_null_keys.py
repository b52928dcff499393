"""Rows without a key are rows of one key, declared type or not."""

from __future__ import annotations

import pytest

from flinkette.common import Types
from flinkette.datastream import StreamExecutionEnvironment


@pytest.mark.pipeline
@pytest.mark.parametrize("key_type", [None, Types.LONG(), Types.STRING()])
def test_none_is_a_key_of_any_declared_type(key_type) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(2)
    rows = env.from_collection([(None, 1), (None, 2)])
    sums = rows.key_by(lambda row: row[0], key_type=key_type).sum(1)
    assert list(sums.execute_and_collect(limit=2)) == [(None, 1), (None, 3)]
