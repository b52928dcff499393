from __future__ import annotations

import datetime
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette.connectors.file_system.source import RecordFileSource
from flinkette.connectors.json_lines import JsonLinesSink, JsonLinesSource
from flinkette.contracts.errors import (
    InvalidTypeError,
    MalformedInputError,
    RowConversionError,
)
from flinkette.contracts.row import Row
from flinkette.contracts.typeinfo import Types
from flinkette.formats.json_lines import JsonLinesFormat

if TYPE_CHECKING:
    from conftest import SinkRunner, SourceRunner

per_example_files = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=5,
)


@per_example_files
@given(
    values=st.lists(VALUES, max_size=10),
    gap=st.sampled_from(["\n", "\r\n", "\n\n", " \n"]),
    split_bytes=st.integers(1, 50),
    block_bytes=st.integers(1, 50),
    parallelism=st.integers(1, 3),
    max_rows=st.integers(1, 4),
)
def test_each_line_is_the_value_it_says(
    source_runner: SourceRunner,
    tmp_path: Path,
    values: list[Any],
    gap: str,
    split_bytes: int,
    block_bytes: int,
    parallelism: int,
    max_rows: int,
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(gap.join(map(json.dumps, values)).encode())
    source = RecordFileSource(
        JsonLinesFormat(), path, split_bytes=split_bytes, block_bytes=block_bytes
    )
    rows = source_runner.read(source, parallelism=parallelism, max_rows=max_rows).rows
    if parallelism == 1:
        assert rows == values
        assert list(map(type, rows)) == list(map(type, values))
    else:
        assert sorted(map(json.dumps, rows)) == sorted(map(json.dumps, values))


DECLARED = Types.ROW_NAMED(
    ["id", "name", "x", "ok", "day", "tags", "n"],
    [
        Types.LONG(),
        Types.STRING(),
        Types.DOUBLE(),
        Types.BOOLEAN(),
        Types.SQL_DATE(),
        Types.LIST(Types.STRING()),
        Types.BYTE(),
    ],
)


def test_declared_fields_become_columns(source_runner: SourceRunner, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(
        '{"id": 1, "name": "x", "x": 2, "ok": true, "day": "2013-01-01", "tags": ["a"], '
        '"n": -128}\n'
        "\n"
        '{"n": null, "other": {"deep": [1]}, "id": -9223372036854775808}\n'
    )
    result = source_runner.read(JsonLinesSource(path, DECLARED))
    assert result.rows == [
        Row(id=1, name="x", x=2.0, ok=True, day=datetime.date(2013, 1, 1), tags=["a"], n=-128),
        Row(id=-(2**63), name=None, x=None, ok=None, day=None, tags=None, n=None),
    ]
    assert result.fetched[0].batch is not None
    assert result.fetched[0].batch.is_columnar


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "1"}', r"Expected `int \| null`, got `str` - at `\$\.id`"),
        ('{"id": 1.5}', r"\$\.id"),
        ('{"id": 9223372036854775808}', r"id"),
        ('{"n": 128}', r"\$\.n"),
        ('{"id": 1', r"truncated"),
        ("[1]", r"Expected `object`"),
        ("nonsense", r"malformed"),
        (b'{"name": "\xff"}', r"utf|invalid|decode"),
        ('{"id": 1} {"id": 2}', r"trailing"),
    ],
)
def test_a_malformed_line_stops_the_job_and_is_named(
    source_runner: SourceRunner, tmp_path: Path, line: Any, reason: str
) -> None:
    path = tmp_path / "in.jsonl"
    line = line if isinstance(line, bytes) else line.encode()
    path.write_bytes(b'{"id": 1}\n' * 30 + line + b'\n{"id": 2}\n')
    with pytest.raises(MalformedInputError, match=reason) as caught:
        source_runner.read(JsonLinesSource(path, DECLARED))
    assert (caught.value.file, caught.value.line) == (str(path), 31)


@pytest.mark.parametrize("block_bytes", [1, 10, 1000])
@pytest.mark.parametrize("parallelism", [1, 2])
def test_malformed_lines_can_be_handed_on(
    source_runner: SourceRunner, tmp_path: Path, block_bytes: int, parallelism: int
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('1\n{x}\n3\n4 4\n"5\n"\n[7]\n8')
    source = RecordFileSource(
        JsonLinesFormat(on_malformed="side-output"), path, split_bytes=9, block_bytes=block_bytes
    )
    result = source_runner.read(source, parallelism=parallelism)
    assert sorted(map(str, result.rows)) == ["1", "3", "8", "[7]"]
    rejected = sorted((row.line, row.text) for row in result.rejected)
    assert rejected == [(2, "{x}"), (4, "4 4"), (5, '"5'), (6, '"')]


def test_skipped_lines_are_counted(tmp_path: Path) -> None:
    from flinkette.contracts.source import ReaderContext

    path = tmp_path / "in.jsonl"
    path.write_text("1\nx\ny\n")
    source = JsonLinesSource(path, on_malformed="skip")
    split = source.create_enumerator(1).next_split(0)
    reader = source.create_reader(ReaderContext(0, 1, lambda: 0))
    assert split is not None
    reader.add_split(split)
    fetched = reader.poll(10)
    assert fetched is not None
    assert fetched.rejected is None
    assert reader.num_malformed == 2
    reader.close()


def test_a_type_that_is_not_of_rows_is_refused() -> None:
    with pytest.raises(InvalidTypeError, match="ROW_NAMED"):
        JsonLinesSource("x", Types.LONG())


def test_rows_are_written_as_objects(sink_runner: SinkRunner, tmp_path: Path) -> None:
    import pyarrow

    path = tmp_path / "out.jsonl"
    columns = pyarrow.record_batch({"a": [5], "b": ["y"]})
    batches: list[Any] = [
        [Row(a=1, b="x"), Row(a=2, b=None)],
        [Row(a=1, b=Row(c=[Row(1, 2)]))],
        [Row(1, "x"), (1, 2), {"k": Decimal("1.50")}, "text", None, True],
        [datetime.datetime(2013, 1, 1, 5, 15), datetime.date(2013, 1, 1), b"\x00", math.nan],
        [Row(a=1), Row(b=2)],
        Batch.from_arrow(columns),
    ]
    sink_runner.write(JsonLinesSink(path), batches)
    assert path.read_text().splitlines() == [
        '{"a":1,"b":"x"}',
        '{"a":2,"b":null}',
        '{"a":1,"b":{"c":[[1,2]]}}',
        '[1,"x"]',
        "[1,2]",
        '{"k":1.50}',
        '"text"',
        "null",
        "true",
        '"2013-01-01T05:15:00"',
        '"2013-01-01"',
        '"AA=="',
        "null",
        '{"a":1}',
        '{"b":2}',
        '{"a":5,"b":"y"}',
    ]


def test_a_row_that_json_cannot_hold_is_named(sink_runner: SinkRunner, tmp_path: Path) -> None:
    with pytest.raises(RowConversionError, match=r"out\.jsonl.*1\+2j.*complex"):
        sink_runner.write(JsonLinesSink(tmp_path / "out.jsonl"), [[1, 1 + 2j]])


def test_duckdb_reads_what_is_written(sink_runner: SinkRunner, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "out.jsonl"
    rows = [Row(id=n, name=f"n{n}", x=n / 4) for n in range(1000)]
    sink_runner.write(JsonLinesSink(path), [rows[:500], rows[500:]])
    found = duckdb.sql(f"select id, name, x from read_json('{path}')").fetchall()
    assert found == list(map(tuple, rows))
