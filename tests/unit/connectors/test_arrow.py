from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow
import pytest

from flinkette.connectors.arrow import ArrowSource
from flinkette.contracts.errors import InvalidTypeError, SourceError

if TYPE_CHECKING:
    from conftest import SourceRunner

TABLE = pyarrow.concat_tables(
    [pyarrow.table({"a": [1, 2, 3], "s": ["x", None, "z"]}), pyarrow.table({"a": [4], "s": ["w"]})]
)
ROWS = [(1, "x"), (2, None), (3, "z"), (4, "w")]


def forms() -> list[Any]:
    import polars

    return [
        TABLE,
        TABLE.to_reader(),
        TABLE.combine_chunks().to_batches()[0],
        polars.from_arrow(TABLE),
    ]


@pytest.mark.parametrize("form", range(4))
@pytest.mark.parametrize("max_rows", [1, 2, 100])
def test_tables_of_any_make_are_read_in_order(
    source_runner: SourceRunner, form: int, max_rows: int
) -> None:
    source = ArrowSource(forms()[form])
    assert not source.is_parallel
    result = source_runner.read(source, max_rows=max_rows)
    assert list(map(tuple, result.rows)) == ROWS
    assert result.rows[0].as_dict() == {"a": 1, "s": "x"}


def test_pandas_frames_are_read_without_their_index(source_runner: SourceRunner) -> None:
    import pandas

    frame = pandas.DataFrame({"a": [1, 2], "s": ["x", "y"]}, index=[7, 8])
    assert list(map(tuple, source_runner.read(ArrowSource(frame)).rows)) == [(1, "x"), (2, "y")]


@pytest.mark.parametrize("after_polls", [1, 2, 3])
def test_reading_goes_on_from_the_position(source_runner: SourceRunner, after_polls: int) -> None:
    rows = source_runner.read_with_restart(ArrowSource(TABLE), after_polls=after_polls, max_rows=1)
    assert list(map(tuple, rows)) == ROWS


def test_a_reader_is_read_once_only(source_runner: SourceRunner) -> None:
    source = ArrowSource(TABLE.to_reader())
    source_runner.read(source)
    with pytest.raises(SourceError, match="only once"):
        source_runner.read(source)


def test_a_table_without_rows(source_runner: SourceRunner) -> None:
    assert source_runner.read(ArrowSource(TABLE.slice(0, 0))).rows == []


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(InvalidTypeError, match=r"builtins\.dict is not a table"):
        ArrowSource({"a": [1]})
