"""Hashing, key ids and scattering: what a keyed edge costs per row."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import pytest

from flinkette._native.buffer import Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.keys import KeyMap, hash_keys, owners
from flinkette._native.partition import scatter

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
