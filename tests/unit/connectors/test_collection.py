from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flinkette.connectors.collection import CollectionSource

if TYPE_CHECKING:
    from conftest import SourceRunner


@pytest.mark.parametrize("max_rows", [1, 2, 3, 100])
def test_values_come_in_order_on_one_reader(source_runner: SourceRunner, max_rows: int) -> None:
    source = CollectionSource(["a", "b", "c"])
    assert not source.is_parallel
    assert source_runner.read(source, parallelism=3, max_rows=max_rows).rows == ["a", "b", "c"]


def test_an_empty_collection_ends_at_once(source_runner: SourceRunner) -> None:
    result = source_runner.read(CollectionSource([]))
    assert result.rows == []
    assert [fetched.is_split_end for fetched in result.fetched] == [True]


def test_an_iterator_is_read_when_the_source_is_made(source_runner: SourceRunner) -> None:
    assert source_runner.read(CollectionSource(iter(range(3)))).rows == [0, 1, 2]


def test_later_changes_of_the_program_are_not_seen(source_runner: SourceRunner) -> None:
    row: dict[str, Any] = {"n": 1}
    rows = [row]
    source = CollectionSource(rows)
    row["n"] = 2
    rows.append({})
    assert source_runner.read(source).rows == [{"n": 1}]


def test_a_job_that_changes_its_values_does_not_change_the_source(
    source_runner: SourceRunner,
) -> None:
    source = CollectionSource([[1]])
    source_runner.read(source).rows[0].append(2)
    assert source_runner.read(source).rows == [[1]]


def test_reading_goes_on_from_the_position(source_runner: SourceRunner) -> None:
    rows = source_runner.read_with_restart(CollectionSource("abcdef"), after_polls=2, max_rows=2)
    assert rows == list("abcdef")
