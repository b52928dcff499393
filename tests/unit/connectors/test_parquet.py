from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow
import pyarrow.parquet
import pytest

from flinkette._native.batch import Batch
from flinkette.connectors.file_system.file_source import FileSource
from flinkette.connectors.file_system.sink import FileSink
from flinkette.connectors.parquet import ParquetSink, ParquetSource
from flinkette.contracts.errors import (
    InvalidPipelineError,
    InvalidTypeError,
    RowConversionError,
    SourceError,
)
from flinkette.contracts.row import Row
from flinkette.contracts.typeinfo import Types
from flinkette.formats.column_types import type_of_columns
from flinkette.formats.parquet import ParquetBulkWriters, ParquetColumnarRowInputFormat

if TYPE_CHECKING:
    from conftest import SinkRunner, SourceRunner

TABLE = pyarrow.table(
    {
        "id": pyarrow.array(range(1000), pyarrow.int64()),
        "name": [None if n % 7 == 0 else f"n{n}" for n in range(1000)],
        "x": [n / 3 for n in range(1000)],
        "tags": [[n] * (n % 3) for n in range(1000)],
    }
)
ROWS = [tuple(row.values()) for row in TABLE.to_pylist()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "in.parquet"
    pyarrow.parquet.write_table(TABLE, path, row_group_size=130)
    return path


@pytest.mark.parametrize("parallelism", [1, 3])
@pytest.mark.parametrize("max_rows", [7, 8192])
def test_row_groups_are_read_as_columns(
    source_runner: SourceRunner, path: Path, parallelism: int, max_rows: int
) -> None:
    result = source_runner.read(ParquetSource(path), parallelism=parallelism, max_rows=max_rows)
    assert sorted(map(tuple, result.rows)) == ROWS
    assert result.rows[0].as_dict() == dict(zip(TABLE.column_names, ROWS[0], strict=True))
    assert len({fetched.split_id for fetched in result.fetched}) == 8
    assert all(fetched.batch.is_columnar for fetched in result.fetched if fetched.batch)
    if parallelism == 1:
        assert list(map(tuple, result.rows)) == ROWS
    else:
        assert all(result.rows_of_reader)


@pytest.mark.parametrize("after_polls", [1, 5, 9])
def test_reading_goes_on_from_the_position(
    source_runner: SourceRunner, path: Path, after_polls: int
) -> None:
    rows = source_runner.read_with_restart(
        ParquetSource(path), after_polls=after_polls, max_rows=37
    )
    assert list(map(tuple, rows)) == ROWS


def test_columns_are_chosen_and_ordered(source_runner: SourceRunner, path: Path) -> None:
    rows = source_runner.read(ParquetSource(path, columns=["x", "id"])).rows
    assert rows[3] == Row(x=1.0, id=3)


def test_the_type_of_rows_is_that_of_the_columns(path: Path, tmp_path: Path) -> None:
    stored = pyarrow.parquet.read_table(path)
    whole = ParquetSource(path).produced_type()
    assert whole == type_of_columns(Batch.from_arrow(stored))
    last = stored.schema.names[-1]
    assert ParquetSource(path, [last]).produced_type() == type_of_columns(
        Batch.from_arrow(stored.select([last]))
    )
    upper = ParquetSource(path, [last.upper()], is_case_sensitive=False).produced_type()
    assert upper == type_of_columns(
        Batch.from_arrow(stored.select([last]).rename_columns([last.upper()]))
    )
    # what is wrong is said when the job starts
    assert ParquetSource(tmp_path / "none").produced_type() is None
    assert ParquetSource(path, ["none"]).produced_type() is None


def test_two_columns_of_one_name_are_an_error_when_the_job_starts(tmp_path: Path) -> None:
    file = tmp_path / "in.parquet"
    arrays = [pyarrow.array([1]), pyarrow.array([2])]
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, ["a", "a"]), file)
    source = ParquetSource(file)
    assert source.produced_type() is None
    with pytest.raises(SourceError, match="two columns are named 'a'"):
        source.create_enumerator(1)


def test_a_missing_column_is_an_error_with_the_nearest_name(path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column 'nane'; the nearest is 'name'"):
        ParquetSource(path, columns=["id", "nane"]).create_enumerator(1)


def test_files_must_have_the_same_columns(
    source_runner: SourceRunner, path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"id": [1], "nome": ["x"]}), other)
    with pytest.raises(SourceError, match=r"other\.parquet: no column 'name'; .*'nome'"):
        ParquetSource([path, other]).create_enumerator(1)
    with pytest.raises(SourceError, match=r"in\.parquet: no column 'nome'"):
        ParquetSource([other, path]).create_enumerator(1)
    assert len(source_runner.read(ParquetSource([path, other], columns=["id"])).rows) == 1001
    pyarrow.parquet.write_table(pyarrow.table({"id": ["1"]}), other)
    with pytest.raises(SourceError, match=r"'id' is string, but int64"):
        ParquetSource([path, other], columns=["id"]).create_enumerator(1)
    pyarrow.parquet.write_table(TABLE.append_column("more", TABLE.column("id")), other)
    with pytest.raises(SourceError, match=r"'more' is not in the first file"):
        ParquetSource([path, other]).create_enumerator(1)


def test_files_may_order_their_columns_differently(
    source_runner: SourceRunner, tmp_path: Path
) -> None:
    for name, order in (("1.parquet", ["id", "x"]), ("2.parquet", ["x", "id"])):
        pyarrow.parquet.write_table(TABLE.select(order).slice(3, 1), tmp_path / name)
    rows = source_runner.read(ParquetSource(tmp_path)).rows
    assert rows == [Row(id=3, x=1.0)] * 2


def test_what_is_no_parquet_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    for content in (b"no parquet", b"", b"PAR1 but cut off"):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"x\.parquet: cannot be read as Parquet"):
            ParquetSource(path).create_enumerator(1)


def test_a_single_name_for_columns_is_refused() -> None:
    with pytest.raises(InvalidPipelineError, match="give a list"):
        ParquetSource("x", columns="id")


def test_an_empty_file_gives_no_rows(source_runner: SourceRunner, tmp_path: Path) -> None:
    pyarrow.parquet.write_table(TABLE.slice(0, 0), tmp_path / "x.parquet")
    assert source_runner.read(ParquetSource(tmp_path / "x.parquet")).rows == []


def test_dictionary_columns_are_read_as_their_values(
    source_runner: SourceRunner, tmp_path: Path
) -> None:
    column = pyarrow.array(["a", "b", None, "a"]).dictionary_encode()
    pyarrow.parquet.write_table(pyarrow.table({"s": column}), tmp_path / "x.parquet")
    rows = source_runner.read(ParquetSource(tmp_path / "x.parquet")).rows
    assert [list(row) if isinstance(row, Row) else [row] for row in rows] == [
        ["a"],
        ["b"],
        [None],
        ["a"],
    ]


def test_pyflinks_builder_reads_and_converts(source_runner: SourceRunner, path: Path) -> None:
    declared = Types.ROW_NAMED(["ID", "x"], [Types.STRING(), Types.FLOAT()])
    format_ = ParquetColumnarRowInputFormat(declared, is_case_sensitive=False)
    source = FileSource.for_bulk_file_format(format_, str(path)).build()
    assert source.produced_type() == declared
    assert source_runner.read(source).rows[6] == Row(ID="6", x=2.0)
    sensitive = ParquetColumnarRowInputFormat(declared)
    source = FileSource.for_bulk_file_format(sensitive, str(path)).build()
    with pytest.raises(SourceError, match="'ID'"):
        source.create_enumerator(1)


# Writing.


def test_columns_and_rows_are_written(sink_runner: SinkRunner, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "out.parquet"
    for batches in (
        [Batch.from_arrow(batch) for batch in TABLE.to_batches(300)],
        [
            [Row(**row) for row in TABLE.to_pylist()[start : start + 300]]
            for start in range(0, 1000, 300)
        ],
        [TABLE.to_pylist()],
    ):
        sink_runner.write(ParquetSink(path, TABLE.schema), batches)
        assert pyarrow.parquet.read_table(path).equals(TABLE)
        assert duckdb.sql(f"select sum(id) from '{path}'").fetchall() == [(499500,)]


def test_row_groups_have_65536_rows(sink_runner: SinkRunner, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    batches: list[Any] = [list(range(start, start + 10_000)) for start in range(0, 200_000, 10_000)]
    sink_runner.write(ParquetSink(path), batches, input_type=Types.LONG())
    metadata = pyarrow.parquet.read_metadata(path)
    groups = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    assert groups == [65536, 65536, 65536, 3392]
    assert pyarrow.parquet.read_table(path).column("f0").to_pylist() == list(range(200_000))


def test_a_file_without_rows_has_the_declared_columns(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    path = tmp_path / "out.parquet"
    declared = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.SQL_TIMESTAMP()])
    sink_runner.write(ParquetSink(path), [], input_type=declared)
    schema = pyarrow.parquet.read_schema(path)
    assert [(field.name, str(field.type)) for field in schema] == [
        ("a", "int32"),
        ("b", "timestamp[us]"),
    ]
    sink_runner.write(ParquetSink(path), [])
    assert pyarrow.parquet.read_table(path).num_rows == 0


def test_a_row_that_does_not_fit_is_named(sink_runner: SinkRunner, tmp_path: Path) -> None:
    sink = ParquetSink(tmp_path / "out.parquet")
    with pytest.raises(RowConversionError, match=r"field 'a' of row Row\(a='x'\)"):
        sink_runner.write(sink, [[Row(a=1)], [Row(a=2), Row(a="x")]])
    with pytest.raises(RowConversionError, match=r"has 1 fields, not 2"):
        sink_runner.write(sink, [[(1, 2), (3,)]])


def test_a_type_that_parquet_lacks_is_refused_before_any_row(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    declared = Types.ROW_NAMED(["a"], [Types.BIG_INT()])
    with pytest.raises(InvalidTypeError, match=r"'a'.*big_int"):
        sink_runner.open(ParquetSink(tmp_path / "out.parquet"), input_type=declared)
    assert list(tmp_path.iterdir()) == []


def test_pyflinks_builder_writes(
    source_runner: SourceRunner, sink_runner: SinkRunner, tmp_path: Path
) -> None:
    declared = Types.ROW_NAMED(["a", "l"], [Types.SHORT(), Types.LIST(Types.STRING())])
    factory = ParquetBulkWriters.for_row_type(declared)
    sink = FileSink.for_bulk_format(str(tmp_path / "out"), factory).build()
    rows = [Row(a=1, l=["x"]), Row(a=None, l=[]), Row(a=3, l=None)]
    sink_runner.write(sink, [rows[:2], rows[2:]], parallelism=2)
    found = source_runner.read(ParquetSource(tmp_path / "out")).rows
    assert sorted(found, key=str) == sorted(rows, key=str)


def test_memory_stays_bounded_by_a_row_group(sink_runner: SinkRunner, tmp_path: Path) -> None:
    (writer,) = sink_runner.open(ParquetSink(tmp_path / "out.parquet"), input_type=Types.LONG())
    for _ in range(30):
        writer.write(Batch.from_objects(list(range(8192))))
        assert writer._part._writer._num_gathered < 65536 + 8192
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_columns_are_written_as_they_are_and_no_row_becomes_an_object(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    far_future = 10**15  # seconds: Python's datetime ends with the year 9999
    table = pyarrow.table(
        {
            "t": pyarrow.array([far_future, None], pyarrow.int64()).cast(pyarrow.timestamp("ms")),
            "c": pyarrow.array(["x", "y"]).dictionary_encode(),
            "l": [[1], None],
        }
    )
    path = tmp_path / "out.parquet"
    batch = Batch.from_arrow(table)
    with pytest.raises(ValueError, match="year"):
        batch.objects()
    for declared in (None, type_of_columns(batch)):
        sink_runner.write(ParquetSink(path), [batch], input_type=declared)
        assert pyarrow.parquet.read_table(path).equals(table)
    single = Batch.from_arrow(table["t"].chunk(0))
    sink_runner.write(ParquetSink(path), [single], input_type=Types.SQL_TIMESTAMP())
    assert pyarrow.parquet.read_table(path).equals(table.select(["t"]).rename_columns(["f0"]))


def test_columns_that_are_not_as_declared_are_converted(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    path = tmp_path / "out.parquet"
    declared = Types.ROW_NAMED(["a"], [Types.LONG()])
    batch = Batch.from_arrow(pyarrow.table({"a": pyarrow.array([1], pyarrow.int8())}))
    sink_runner.write(ParquetSink(path), [batch, [Row(a=2)]], input_type=declared)
    assert pyarrow.parquet.read_table(path).to_pydict() == {"a": [1, 2]}
    assert pyarrow.parquet.read_schema(path).types == [pyarrow.int64()]
