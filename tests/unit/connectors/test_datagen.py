from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flinkette.connectors.datagen.fields import (
    RandomBool,
    RandomChoice,
    RandomFloat,
    RandomInt,
    RandomString,
    SequenceField,
)
from flinkette.connectors.datagen.source import DataGeneratorSource
from flinkette.contracts.errors import InvalidPipelineError, InvalidTypeError, UserFunctionError
from flinkette.contracts.source import ReaderContext

if TYPE_CHECKING:
    from conftest import SourceRunner

FIELDS = {
    "id": SequenceField(10),
    "n": RandomInt(-5, 5),
    "x": RandomFloat(1.0, 2.0, null_rate=0.3),
    "s": RandomString(4),
    "b": RandomBool(),
    "c": RandomChoice(["red", "blue"], null_rate=0.1),
}


def test_a_function_makes_each_row_from_its_index(source_runner: SourceRunner) -> None:
    source = DataGeneratorSource(lambda index: index * index, 10)
    result = source_runner.read(source, parallelism=3, max_rows=2)
    assert sorted(result.rows) == [n * n for n in range(10)]


def test_random_rows_depend_on_the_seed_alone(source_runner: SourceRunner) -> None:
    source = DataGeneratorSource(FIELDS, 3000, seed=7)
    rows = list(map(tuple, source_runner.read(source).rows))
    for parallelism, max_rows in ((1, 7), (4, 1000)):
        again = source_runner.read(source, parallelism=parallelism, max_rows=max_rows)
        assert sorted(map(tuple, again.rows), key=lambda row: row[0]) == rows
    other = source_runner.read(DataGeneratorSource(FIELDS, 3000, seed=8)).rows
    assert list(map(tuple, other)) != rows
    columns: dict[str, tuple[Any, ...]] = dict(zip(FIELDS, zip(*rows, strict=True), strict=True))
    assert columns["id"] == tuple(range(10, 3010))
    assert set(columns["n"]) == set(range(-5, 6))
    assert all(value is None or 1 <= value < 2 for value in columns["x"])
    assert 700 < columns["x"].count(None) < 1100
    assert {len(value) for value in columns["s"]} == {4}
    assert set(columns["b"]) == {True, False}
    assert set(columns["c"]) == {"red", "blue", None}


def test_a_sequence_ends_the_source(source_runner: SourceRunner) -> None:
    source = DataGeneratorSource({"id": SequenceField(1, 5)})
    assert source.is_bounded
    rows = source_runner.read(source, parallelism=2).rows
    assert sorted(row[0] for row in rows) == [1, 2, 3, 4, 5]


def test_no_rows_at_all(source_runner: SourceRunner) -> None:
    assert source_runner.read(DataGeneratorSource(lambda n: n, 0), parallelism=2).rows == []


def test_reading_goes_on_from_the_position(source_runner: SourceRunner) -> None:
    rows = source_runner.read_with_restart(
        DataGeneratorSource(lambda n: n, 20), after_polls=3, max_rows=4
    )
    assert rows == list(range(20))


@pytest.mark.parametrize(("rate", "parallelism"), [(10, 1), (4, 2), (0.5, 1), (100_000, 1)])
def test_rows_come_at_the_given_rate(
    source_runner: SourceRunner, rate: float, parallelism: int
) -> None:
    source = DataGeneratorSource(lambda n: n, 40, rows_per_second=rate)
    result = source_runner.read(source, parallelism=parallelism)
    assert len(result.rows) == 40
    due_ms = (40 / parallelism - 1) / (rate / parallelism) * 1000
    assert due_ms - 1 <= source_runner.now_ms <= due_ms + 20


def test_after_a_pause_at_most_a_second_is_made_up_for() -> None:
    now_ms = 0
    source = DataGeneratorSource(lambda n: n, rows_per_second=10)
    reader = source.create_reader(ReaderContext(0, 1, lambda: now_ms))
    split = source.create_enumerator(1).next_split(0)
    assert split is not None
    reader.add_split(split)
    first = reader.poll(1000)
    assert first is not None
    assert first.batch is not None
    assert first.batch.num_rows == 1
    assert reader.poll(1000) is None
    assert reader.next_poll_ms() == 100
    now_ms = 3_600_000
    burst = reader.poll(1000)
    assert burst is not None
    assert burst.batch is not None
    assert burst.batch.num_rows == 10


def test_an_error_in_the_function_names_the_index(source_runner: SourceRunner) -> None:
    source = DataGeneratorSource(lambda n: 1 // (n - 3), 10)
    with pytest.raises(UserFunctionError, match="index 3") as caught:
        source_runner.read(source)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidPipelineError, match="rows_per_second 0"):
        DataGeneratorSource(lambda n: n, rows_per_second=0)
    with pytest.raises(InvalidPipelineError, match="number_of_rows -1"):
        DataGeneratorSource(lambda n: n, -1)
    with pytest.raises(InvalidTypeError, match="field 'a'"):
        DataGeneratorSource({"a": 3})  # type: ignore[dict-item]
    with pytest.raises(InvalidPipelineError, match="no fields"):
        DataGeneratorSource({})
    with pytest.raises(InvalidPipelineError, match="null_rate"):
        RandomInt(null_rate=2)
    with pytest.raises(InvalidPipelineError, match="above max"):
        RandomFloat(2, 1)
