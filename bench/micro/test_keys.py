"""Hashing, key ids and scattering: what a keyed edge costs per row."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pytest

from bench.turns import MOST_ROWS
from flinkette._native import isa
from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.keys import KeyMap, hash_ints, hash_keys, owners
from flinkette._native.partition import scatter
from flinkette._native.roofline import TableLoop, copy_column, dense_add

ROW_COUNT = 8_192
GROUPS = 128


def spread(row: int, key_count: int) -> int:
    return row * 2654435761 % key_count


def int_keys(key_count: int) -> list[int]:
    return [spread(row, key_count) for row in range(ROW_COUNT)]


def text_keys(key_count: int) -> list[str]:
    return [f"key{spread(row, key_count):04}" for row in range(ROW_COUNT)]


def tuple_keys(key_count: int) -> list[tuple[str, int]]:
    return [(f"key{spread(row, key_count):04}", row % 2) for row in range(ROW_COUNT)]


def int_column(key_count: int) -> Column:
    return Column.from_buffer(array("q", int_keys(key_count)))


def text_column(key_count: int) -> Column:
    column = Column.from_objects(text_keys(key_count))
    assert column is not None
    return column


MAKERS: list[Callable[[int], Any]] = [int_column, text_column, int_keys, text_keys, tuple_keys]


def values_of(keys: Any) -> list[Any]:
    return keys.to_objects() if isinstance(keys, Column) else keys


@pytest.mark.parametrize("make_keys", MAKERS)
def test_hash_keys(time_rows: Any, make_keys: Callable[[int], Any]) -> None:
    keys = make_keys(1_000)
    hashes = hash_keys(keys)
    assert list(hashes) == list(hash_keys(values_of(keys)))
    assert len(set(hashes)) == len(set(values_of(keys)))
    time_rows(hash_keys, ROW_COUNT, lambda: (keys,))


@pytest.mark.parametrize("key_count", [1_000, ROW_COUNT])
@pytest.mark.parametrize("make_keys", MAKERS)
def test_key_ids(time_rows: Any, make_keys: Callable[[int], Any], key_count: int) -> None:
    keys = make_keys(key_count)
    hashes = hash_keys(keys)
    key_map = KeyMap(GROUPS, 0, GROUPS - 1)
    ids = list(key_map.ids(keys, hashes))
    for key_id in set(ids):
        key_map.retain_id(key_id)  # the keys are known from here on, as in a running job
    assert [key_map.key(key_id) for key_id in ids] == values_of(keys)
    key_map.release_batch()

    def look_up() -> None:
        key_map.ids(keys, hashes)
        key_map.release_batch()

    time_rows(look_up, ROW_COUNT)
    assert len(key_map) == len(set(values_of(keys)))


@pytest.mark.parametrize("parts", [2, 64])
def test_scatter(time_rows: Any, parts: int) -> None:
    owner = owners(hash_keys(int_keys(1_000)), GROUPS, parts)
    owner_of = list(owner)
    rows_of = scatter(owner, parts)
    assert [list(rows) for rows in rows_of] == [
        [row for row in range(ROW_COUNT) if owner_of[row] == part] for part in range(parts)
    ]
    assert isinstance(owner, Uint32Buffer)
    time_rows(scatter, ROW_COUNT, lambda: (owner, parts))


def test_hash_of_ints_beside_a_copy(time_turns: Any) -> None:
    """Each instruction set, and the copy of the same column: 64 KiB, in the second cache."""
    numbers, out = Int64Buffer.of(int_keys(1_000)), Int64Buffer.filled(ROW_COUNT, 0)
    repeats = 100

    def hashing(name: str) -> Callable[[], None]:
        def run() -> None:
            for _ in range(repeats):
                hash_ints(numbers, name)

        return run

    def copying() -> None:
        for _ in range(repeats):
            copy_column(numbers, out)

    for name in isa.available():
        assert list(hash_ints(numbers, name)) == list(hash_keys(int_keys(1_000)))
    points = {name: hashing(name) for name in isa.available()}
    time_turns({**points, "copy": copying}, rows=ROW_COUNT * repeats, rounds=15)


class KeyedSum:
    """Known keys to ids, values to sums by id: the two kernels of a keyed sum, batch by batch."""

    def __init__(self, keys: Any, name: str) -> None:
        self.key_map = KeyMap(GROUPS, 0, GROUPS - 1, isa=name)
        starts = range(0, len(keys), ROW_COUNT)
        self.batches = [Column.from_buffer(keys[at : at + ROW_COUNT]) for at in starts]
        for batch in self.batches:
            self.key_map.retain_all(self.key_map.ids(batch))
        self.key_map.release_batch()
        self.sums = Int64Buffer.filled(self.key_map.capacity, 0)
        self.ones = Int64Buffer.filled(ROW_COUNT, 1)

    def run(self) -> None:
        for batch in self.batches:
            dense_add(self.key_map.ids(batch), self.ones.slice(0, len(batch)), self.sums)
            self.key_map.release_batch()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("key_count", [1_000, 1_000_000])
def test_keyed_sum(time_turns: Any, benchmark: Any, key_count: int) -> None:
    """Each instruction set, the plain table of sums, and DuckDB's GROUP BY, in CPU time."""
    row_count = min(20_000 if benchmark.disabled else 4_000_000, MOST_ROWS)
    keys = np.arange(row_count, dtype=np.int64) * 2654435761 % key_count
    ours = {name: KeyedSum(keys, name) for name in isa.available()}
    table = TableLoop(key_count)
    numbers = [Int64Buffer.of(batch.to_objects()) for batch in ours["scalar"].batches]
    ones = Int64Buffer.filled(ROW_COUNT, 1)
    connection = duckdb.connect(":memory:")
    connection.execute("SET threads=1")
    connection.execute("CREATE TABLE t AS SELECT * FROM (SELECT column0 AS key, 1 AS v FROM keys)")
    grouped = "SELECT count(*), max(total) FROM (SELECT sum(v) AS total FROM t GROUP BY key)"

    def run_table() -> None:
        for batch in numbers:
            table.add(batch, ones)

    def run_duckdb() -> tuple[Any, ...]:
        found: tuple[Any, ...] = connection.execute(grouped).fetchone()
        return found

    wanted = np.unique(keys, return_counts=True)
    run_table()
    assert run_duckdb() == (len(wanted[0]), max(wanted[1]))
    for each in ours.values():
        each.run()
        ids = each.key_map.ids(Column.from_buffer(wanted[0]))
        assert [each.sums[one] for one in ids] == list(wanted[1])
        assert [table.sum(int(key)) for key in wanted[0][:100]] == list(wanted[1][:100])
    points = {name: each.run for name, each in ours.items()}
    with connection:
        time_turns(
            {**points, "plain table": run_table, "DuckDB": run_duckdb}, rows=row_count, rounds=7
        )
