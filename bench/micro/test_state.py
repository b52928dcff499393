"""Keyed state from a user function: a read and a write per row, with and without a time to live."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from flinkette._native.batch import Batch
from flinkette._native.expiring_state import ExpiringValueState, ExpiryRule, expiring_column
from flinkette._native.keys import KeyMap, hash_keys
from flinkette._native.rows import DONE, RowProgram, Stage
from flinkette._native.state import KeyContext, ValueState

ROW_COUNT = 8_192
KEYS = [row * 2654435761 % 1_000 for row in range(ROW_COUNT)]
RULE = ExpiryRule("whole", 3_600_000, False, False, 5, False)


class Counting:
    """Counts rows by key in a value state."""

    def __init__(self, expires: bool) -> None:
        self.keys = KeyMap(128, 0, 127)
        context = KeyContext(self.keys)
        if expires:
            column = expiring_column(context, "count", RULE, lambda: 0)
            self.state: ValueState = ExpiringValueState(column)
        else:
            self.state = ValueState(context.column("count"))
        self.program = RowProgram(
            [Stage("map", self._count)],
            keys=context,
            now_ms=lambda: 0,
            tag_class=type(None),
            make_error=RuntimeError,
            make_row_error=RuntimeError,
        )

    def _count(self, row: int) -> int:
        count: int = (self.state.value() or 0) + 1
        self.state.update(count)
        return count

    def run(self, batch: Batch, hashes: Any) -> list[Any]:
        self.program.load(batch, self.keys.ids(KEYS, hashes))
        assert self.program.run(sys.maxsize, ROW_COUNT + 1) == DONE
        made = self.program.take().objects()
        self.keys.release_batch()
        return made


@pytest.mark.parametrize("expires", [False, True], ids=["plain", "expires"])
def test_a_value_is_read_and_written(time_rows: Any, expires: bool) -> None:
    counting = Counting(expires)
    batch, hashes = Batch.from_objects(KEYS, None), hash_keys(KEYS)
    assert sum(counting.run(batch, hashes)) == sum(
        n * (n + 1) // 2 for n in (KEYS.count(key) for key in set(KEYS))
    )
    time_rows(lambda: counting.run(batch, hashes), ROW_COUNT)
