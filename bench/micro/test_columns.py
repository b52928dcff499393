"""Boxing and unboxing: columns to Python objects and back."""

from __future__ import annotations

from typing import Any

import pytest

from flinkette._native.batch import Batch
from flinkette._native.column import Column

ROW_COUNT = 8_192
VALUES: dict[str, list[Any]] = {
    "int": [row * 2654435761 for row in range(ROW_COUNT)],
    "float": [row / 7 for row in range(ROW_COUNT)],
    "str": [f"value{row:06}" for row in range(ROW_COUNT)],
    "int_or_none": [None if row % 10 == 0 else row for row in range(ROW_COUNT)],
}
ROW_SPEC = ("tuple", (("long",), ("string",), ("double",)))
TUPLES = [(row, f"value{row % 1000}", row / 7) for row in range(ROW_COUNT)]


def column_of(values: list[Any]) -> Column:
    column = Column.from_objects(values)
    assert column is not None
    return column


@pytest.mark.parametrize("kind", VALUES)
def test_unboxing(time_rows: Any, kind: str) -> None:
    values = VALUES[kind]
    assert column_of(values).to_objects() == values
    time_rows(Column.from_objects, ROW_COUNT, lambda: (values,))


@pytest.mark.parametrize("kind", VALUES)
def test_boxing(time_rows: Any, kind: str) -> None:
    column = column_of(VALUES[kind])
    assert column.to_objects() == VALUES[kind]
    time_rows(column.to_objects, ROW_COUNT)


def test_unboxing_declared_tuples(time_rows: Any) -> None:
    batch = Batch.from_rows(TUPLES, ROW_SPEC)
    assert batch.column(1).to_objects() == [row[1] for row in TUPLES]
    time_rows(Batch.from_rows, ROW_COUNT, lambda: (TUPLES, ROW_SPEC))


def test_boxing_tuples(time_rows: Any) -> None:
    columns = Batch.from_rows(TUPLES, ROW_SPEC).columns
    row_type = Batch.from_rows(TUPLES, ROW_SPEC).row_type
    assert columns is not None

    def fresh() -> tuple[Batch]:
        return (Batch.from_columns(columns, row_type),)

    assert fresh()[0].objects() == TUPLES
    time_rows(Batch.objects, ROW_COUNT, fresh)  # a batch keeps its objects: a fresh one per round
