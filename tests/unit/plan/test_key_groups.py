"""Key groups: every group has one owner, and it is the subtask that rows are sent to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.keys import group_range, hash_keys, key_group, owners
from flinkette.plan.key_groups import (
    MAX_PARALLELISM_LIMIT,
    default_max_parallelism,
    key_group_range,
)

SIZES = st.integers(1, 300).flatmap(lambda most: st.tuples(st.just(most), st.integers(1, most)))


@given(SIZES)
def test_ranges_cover_every_group_once_and_in_order(sizes: tuple[int, int]) -> None:
    most, parallelism = sizes
    groups: list[int] = []
    for index in range(parallelism):
        first, last = key_group_range(index, parallelism, most)
        assert (first, last) == group_range(index, most, parallelism)
        groups += range(first, last + 1)
    assert groups == list(range(most))


@given(SIZES, st.lists(st.integers() | st.text(), min_size=1, max_size=30))
def test_a_key_is_sent_to_the_owner_of_its_group(
    sizes: tuple[int, int], keys: list[int | str]
) -> None:
    most, parallelism = sizes
    hashes = hash_keys(keys)
    for hashed, owner in zip(hashes, owners(hashes, most, parallelism), strict=True):
        first, last = key_group_range(owner, parallelism, most)
        assert first <= key_group(hashed, most) <= last


@pytest.mark.parametrize(
    ("parallelism", "most"), [(1, 128), (85, 128), (86, 256), (200, 512), (30000, 32768)]
)
def test_the_default_maximum_leaves_room_to_grow(parallelism: int, most: int) -> None:
    assert default_max_parallelism(parallelism) == most
    assert default_max_parallelism(parallelism) <= MAX_PARALLELISM_LIMIT
