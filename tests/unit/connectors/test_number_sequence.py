from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flinkette.connectors.number_sequence import NumberSequenceSource, even_ranges
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError

if TYPE_CHECKING:
    from conftest import SourceRunner


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(-20, 20),
    count=st.integers(1, 40),
    parallelism=st.integers(1, 7),
    max_rows=st.integers(1, 9),
)
def test_the_readers_together_give_each_number_once_and_each_in_order(
    source_runner: SourceRunner, start: int, count: int, parallelism: int, max_rows: int
) -> None:
    source = NumberSequenceSource(start, start + count - 1)
    result = source_runner.read(source, parallelism=parallelism, max_rows=max_rows)
    numbers = list(range(start, start + count))
    assert [n for rows in result.rows_of_reader for n in rows] == numbers
    sizes = [len(rows) for rows in result.rows_of_reader]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("after_polls", [1, 2, 3])
def test_reading_goes_on_from_the_position(source_runner: SourceRunner, after_polls: int) -> None:
    rows = source_runner.read_with_restart(
        NumberSequenceSource(5, 14), after_polls=after_polls, max_rows=3
    )
    assert rows == list(range(5, 15))


def test_the_whole_range_of_64_bits_is_cut_in_two() -> None:
    low, high = -(1 << 63), (1 << 63) - 1
    assert even_ranges(low, high, 2) == [(low, -1), (0, high)]


def test_bounds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(InvalidPipelineError, match="start 3 is above end 2"):
        NumberSequenceSource(3, 2)


@pytest.mark.parametrize("bound", ["1", 1.0, True, None])
def test_a_bound_that_is_no_int_is_refused(bound: object) -> None:
    with pytest.raises(InvalidTypeError, match="not an int"):
        NumberSequenceSource(0, bound)  # type: ignore[arg-type]


def test_a_bound_beyond_64_bits_is_refused() -> None:
    with pytest.raises(InvalidPipelineError, match="64 bits"):
        NumberSequenceSource(0, 1 << 63)
