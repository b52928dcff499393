"""Native aggregates per row, beside adding into a dense array of sums."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from flinkette._native.accumulators import GroupStates
from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.roofline import dense_add

BATCH_ROWS = 8_192
BATCHES = 32
VALUES = [row % 1_000 for row in range(BATCH_ROWS)]
KINDS = [("count",), ("sum",), ("avg",), ("min",), ("sum", "count"), ("variance",), ("quantile",)]


def batches(group_count: int) -> list[Uint32Buffer]:
    return [
        Uint32Buffer.of(
            [(batch * BATCH_ROWS + row) * 2654435761 % group_count for row in range(BATCH_ROWS)]
        )
        for batch in range(BATCHES)
    ]


@pytest.mark.parametrize("group_count", [1_000, 1_000_000])
@pytest.mark.parametrize("kinds", KINDS, ids="+".join)
def test_consume(time_turns: Any, kinds: tuple[str, ...], group_count: int) -> None:
    if "quantile" in kinds and group_count > 1_000:
        pytest.skip("sketches of 1 M groups are a measurement of malloc")
    column = Column.from_buffer(array("q", VALUES))
    states = GroupStates([(kind, column, 0, 0.5, False) for kind in kinds], group_count)
    sums, values = Int64Buffer.filled(group_count, 0), Int64Buffer.of(VALUES)
    groups = batches(group_count)

    def consume() -> None:
        for batch in groups:
            states.consume([column] * len(kinds), batch)

    def add() -> None:
        for batch in groups:
            dense_add(batch, values, sums)

    consume()
    add()
    if "sum" in kinds:
        made = states.results()[kinds.index("sum")].to_objects()
        assert [total or 0 for total in made] == list(sums)
    rows = BATCH_ROWS * BATCHES
    time_turns({"flinkette": consume, "roofline": add}, rows={"flinkette": rows, "roofline": rows})
