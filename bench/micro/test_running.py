"""Running sums over a keyed batch: one result per row."""

from __future__ import annotations

from array import array
from typing import Any

from flinkette._native.column import Column
from flinkette._native.keys import KeyMap
from flinkette._native.running import RunningAggregate

ROW_COUNT = 8_192
KEYS = [row * 2654435761 % 1_000 for row in range(ROW_COUNT)]
ADDED = [row % 7 for row in range(ROW_COUNT)]


def running_sums() -> list[int]:
    totals: dict[int, int] = {}
    sums = []
    for key, value in zip(KEYS, ADDED, strict=True):
        totals[key] = totals.get(key, 0) + value
        sums.append(totals[key])
    return sums


def test_running_sum_of_tuples(time_rows: Any) -> None:
    rows = list(zip(KEYS, ADDED, strict=True))
    aggregate, key_map = RunningAggregate("sum", 1), KeyMap(128, 0, 127)
    ids = key_map.ids(KEYS)
    assert aggregate.process(rows, ids, key_map) == list(zip(KEYS, running_sums(), strict=True))
    time_rows(aggregate.process, ROW_COUNT, lambda: (rows, ids, key_map))


def test_running_sum_of_a_column(time_rows: Any) -> None:
    values = Column.from_buffer(array("q", ADDED))
    aggregate, key_map = RunningAggregate("sum"), KeyMap(128, 0, 127)
    ids = key_map.ids(KEYS)
    sums = aggregate.process_column(values, ids, key_map)
    assert isinstance(sums, Column)
    assert sums.to_objects() == running_sums()
    time_rows(aggregate.process_column, ROW_COUNT, lambda: (values, ids, key_map))
