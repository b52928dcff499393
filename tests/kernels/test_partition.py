"""Scatter and round robin against models."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.buffer import Uint32Buffer
from flinkette._native.partition import round_robin, scatter


def model_scatter(owners: list[int], parts: int) -> list[list[int]]:
    return [[row for row, owner in enumerate(owners) if owner == part] for part in range(parts)]


@given(st.lists(st.integers(0, 6), max_size=300))
def test_scatter_keeps_the_order_of_the_rows_of_a_part(owners: list[int]) -> None:
    assert [list(part) for part in scatter(Uint32Buffer.of(owners), 7)] == model_scatter(owners, 7)


@given(st.integers(0, 100), st.integers(1, 9), st.data())
def test_round_robin_deals_rows_in_turn(num_rows: int, parts: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, parts - 1))
    owners = [(start + row) % parts for row in range(num_rows)]
    dealt = [list(part) for part in round_robin(num_rows, parts, start)]
    assert dealt == model_scatter(owners, parts)


def test_an_owner_beyond_the_parts_names_its_row() -> None:
    with pytest.raises(IndexError, match="row 2 belongs to part 3, but there are 3"):
        scatter(Uint32Buffer.of([0, 1, 3]), 3)


def test_a_batch_without_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="not 0"):
        round_robin(3, 0)
