from __future__ import annotations

import csv
import datetime
import gzip
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette.connectors.csv import CsvSink, CsvSource
from flinkette.connectors.file_system.file_source import FileSource
from flinkette.connectors.file_system.sink import FileSink
from flinkette.connectors.file_system.source import RecordFileSource
from flinkette.contracts.errors import (
    ConfigurationError,
    InvalidPipelineError,
    InvalidTypeError,
    MalformedInputError,
    SourceError,
)
from flinkette.contracts.row import Row
from flinkette.contracts.typeinfo import Types
from flinkette.formats.csv import CsvReaderFormat
from flinkette.formats.csv_records import RecordEnds
from flinkette.formats.csv_schema import CsvSchema
from flinkette.formats.csv_writer import CsvBulkWriters, CsvPartFormat

if TYPE_CHECKING:
    from conftest import SinkRunner, SourceRunner


def builder() -> Any:
    return (
        CsvSchema.builder()
        .add_number_column("id", Types.INT())
        .add_string_column("s")
        .add_number_column("d", Types.DOUBLE())
        .add_boolean_column("b")
    )


def schema_source(path: Path, schema: CsvSchema, **options: Any) -> RecordFileSource:
    return RecordFileSource(CsvReaderFormat.for_schema(schema, **options), path)


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str | bytes, name: str = "in.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


# What PyFlink 2.3 reads from the same bytes.
@pytest.mark.parametrize(
    ("text", "settings_of", "rows"),
    [
        ('1,x,1.5,true\n2,"y,z",2.5,false\n', {}, [(1, "x", 1.5, True), (2, "y,z", 2.5, False)]),
        ("1,NULL,1.5,true\n", {"null_value": "NULL"}, [(1, None, 1.5, True)]),
        ("1,,1.5,true\n", {"null_value": ""}, [(1, None, 1.5, True)]),
        (" 1 , x , 2.5 ,true\n", {}, [(1, " x ", 2.5, True)]),
        ("a,b,c,d\n1,x,2.0,true\n", {"skip_first_data_row": True}, [(1, "x", 2.0, True)]),
        (
            "id,s,d,b\n1,x,2.0,true\n",
            {"use_header": True, "strict_headers": True},
            [(1, "x", 2.0, True)],
        ),
        ("#hi\n1,x,2.0,true\n", {"allow_comments": True}, [(1, "x", 2.0, True)]),
        ('1,"x\ny",2.0,TRUE\n', {}, [(1, "x\ny", 2.0, True)]),
        ("1,x,2.0,true\r2,x,2.0,true\r\n", {}, [(1, "x", 2.0, True), (2, "x", 2.0, True)]),
        ("1|x|2.0|true", {"column_separator": "|"}, [(1, "x", 2.0, True)]),
        ("1,'a,b',2.0,true\n", {"quote_char": "'"}, [(1, "a,b", 2.0, True)]),
    ],
)
def test_a_schema_reads_as_in_pyflink(
    source_runner: SourceRunner, written: Any, text: str, settings_of: Any, rows: list[Any]
) -> None:
    made = builder()
    for name, value in settings_of.items():
        getattr(made, f"set_{name}")(value)
    result = source_runner.read(schema_source(written(text), made.build()))
    assert result.rows == [Row(id=i, s=s, d=d, b=b) for i, s, d, b in rows]


def test_arrays_in_a_column(source_runner: SourceRunner, written: Any) -> None:
    schema = (
        CsvSchema.builder()
        .add_number_column("id")
        .add_array_column("l")
        .add_array_column("n", "|", Types.INT())
        .build()
    )
    rows = source_runner.read(schema_source(written("1,a;b;c,1|2\n2,,3\n"), schema)).rows
    assert list(map(tuple, rows)) == [(1, ["a", "b", "c"], [1, 2]), (2, [], [3])]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("q,x,2.0,true", r"column 'id'.*int32.*'q'"),
        (",x,2.0,true", r"column 'id'"),
        ("1,x", r"Expected 4 columns, got 2"),
        ("1,x,2.0,true,5", r"Expected 4 columns, got 5"),
        ("3000000000,x,2.0,true", r"column 'id'.*3000000000"),
        ("1,x,2.0,maybe", r"column 'b'.*bool.*'maybe'"),
        (b"1,\xff,2.0,true", r"column 's'.*UTF8"),
    ],
)
def test_a_malformed_record_stops_the_job_and_is_named(
    source_runner: SourceRunner, written: Any, line: Any, reason: str
) -> None:
    good = b'1,"two\nlines",2.0,true\n' * 50
    line = line if isinstance(line, bytes) else line.encode()
    path = written(good + line + b"\n" + good)
    with pytest.raises(MalformedInputError, match=reason) as caught:
        source_runner.read(schema_source(path, builder().build()))
    assert (caught.value.file, caught.value.line) == (str(path), 101)
    assert f"{path}:101" in str(caught.value)
    assert 'on_malformed="skip"' in str(caught.value)


@pytest.mark.parametrize("block_bytes", [1, 7, 64, 10_000])
def test_malformed_records_can_be_handed_on_or_skipped(
    source_runner: SourceRunner, written: Any, block_bytes: int
) -> None:
    lines = [f"{n},s{n},0.5,true" for n in range(40)]
    for bad in (0, 17, 18, 39):
        lines[bad] = f"bad{bad}"
    path = written("\n".join(lines))
    good = [n for n in range(40) if n not in (0, 17, 18, 39)]
    for policy in ("side-output", "skip"):
        format_ = CsvReaderFormat.for_schema(builder().build(), on_malformed=policy)
        source = RecordFileSource(format_, path, block_bytes=block_bytes)
        result = source_runner.read(source, max_rows=5)
        assert [row[0] for row in result.rows] == good
        expected = [(str(path), bad + 1, f"bad{bad}") for bad in (0, 17, 18, 39)]
        found = [(row.file, row.line, row.text) for row in result.rejected]
        assert found == (expected if policy == "side-output" else [])


def test_the_text_of_a_malformed_record_is_cut(source_runner: SourceRunner, written: Any) -> None:
    source = schema_source(
        written("x" * 1000 + "\n"), builder().build(), on_malformed="side-output"
    )
    (row,) = source_runner.read(source).rejected
    assert len(row.text) == 200


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'ignore'"):
        CsvReaderFormat.for_schema(builder().build(), on_malformed="ignore")


def test_a_strict_header_that_differs_is_refused(source_runner: SourceRunner, written: Any) -> None:
    schema = builder().set_use_header().set_strict_headers().build()
    with pytest.raises(SourceError, match="header is s, id, d, b"):
        source_runner.read(schema_source(written("s,id,d,b\nx,1,2.0,true\n"), schema))


FIELDS = st.text(st.sampled_from('ab,"\n\r\u20ac; '), max_size=5)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.lists(FIELDS, min_size=2, max_size=2), max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    always_quoted=st.booleans(),
    block_bytes=st.integers(1, 60),
    max_rows=st.integers(1, 5),
)
def test_any_quoted_text_is_read_back_whatever_the_blocks(
    source_runner: SourceRunner,
    tmp_path: Path,
    rows: list[list[str]],
    end: str,
    always_quoted: bool,
    block_bytes: int,
    max_rows: int,
) -> None:
    path = tmp_path / "in.csv"
    columns = CsvSchema.builder().add_string_column("a").add_string_column("b")
    schema = columns.set_line_separator(end).build()
    if always_quoted:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
        path.write_bytes(text.getvalue().encode())
    else:
        with path.open("wb") as stream:
            writer = CsvPartFormat(schema).create_writer(stream, None, "in.csv")
            writer.write(Batch.from_objects(rows))
            writer.finish()
    source = RecordFileSource(CsvReaderFormat(schema), path, block_bytes=block_bytes)
    result = source_runner.read(source, max_rows=max_rows)
    assert [list(row) for row in result.rows] == rows


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ('a,"x\ny"\nb', 8),
        ('5" pipe,1\n6,2\n7', 14),
        ('5" pipe,"a\nb"\n6,"c\nd', 14),
        ('a,"open\nstill', 0),
        ('"a""\n",b\r\nc', 10),
        ("a\r", 0),
        ("", 0),
        ('a,"b"\rc,"d\n"', 6),
    ],
)
def test_records_end_at_line_ends_outside_quotes(text: str, ends: int) -> None:
    assert RecordEnds(",", '"', None).last(text.encode()) == ends


def test_an_escape_takes_the_meaning_from_a_quote() -> None:
    assert RecordEnds(",", '"', "\\").last(b'a,"x\\"\ny"\nb') == 10


# The plain source, by header.


def test_names_come_from_the_header_and_types_from_the_data(
    source_runner: SourceRunner, written: Any
) -> None:
    path = written(
        "\ufeffid,name,price,ok,day,at\n1,x,1.5,true,2013-01-01,2013-01-01 05:15:00\n2,,,,,\n"
    )
    rows = source_runner.read(CsvSource(path)).rows
    assert rows[0].as_dict() == {
        "id": 1,
        "name": "x",
        "price": 1.5,
        "ok": True,
        "day": datetime.date(2013, 1, 1),
        "at": datetime.datetime(2013, 1, 1, 5, 15),
    }
    assert list(rows[1]) == [2, "", None, None, None, None]


def test_columns_are_found_by_name_in_every_file(source_runner: SourceRunner, written: Any) -> None:
    paths = [written("a,b,c\n1,2,3\n", "1.csv"), written("c,a,b\n6,4,5\n", "2.csv")]
    source = CsvSource(paths, {"b": str}, columns=["b", "a"])
    assert list(map(tuple, source_runner.read(source).rows)) == [("2", 1), ("5", 4)]


def test_comments_may_stand_before_the_header_and_between_records(
    source_runner: SourceRunner, written: Any
) -> None:
    path = written('# made, by "x\n# hand\na,b\n1,x\n# more\n2,y#\nbad\n')
    source = CsvSource(path, allow_comments=True, on_malformed="side-output")
    result = source_runner.read(source)
    assert list(map(tuple, result.rows)) == [(1, "x"), (2, "y#")]
    assert [row.line for row in result.rejected] == [7]


def test_reading_goes_on_after_the_header(source_runner: SourceRunner, written: Any) -> None:
    text = "a,b\n" + "".join(f"{n},x{n}\n" for n in range(20))
    for name, data in (("x.csv", text.encode()), ("x.csv.gz", gzip.compress(text.encode()))):
        source = CsvSource(written(data, name))
        for after_polls in (1, 4, 6):
            rows = source_runner.read_with_restart(source, after_polls=after_polls, max_rows=3)
            assert [row[0] for row in rows] == list(range(20))


def test_files_without_a_header_need_names(source_runner: SourceRunner, written: Any) -> None:
    path = written("1;NA\n2;y\n")
    source = CsvSource(path, names=["a", "b"], header=False, delimiter=";", null_values=["NA"])
    assert list(map(tuple, source_runner.read(source).rows)) == [(1, None), (2, "y")]
    with pytest.raises(InvalidPipelineError, match="names"):
        CsvSource(path, header=False)


def test_other_encodings_are_read(source_runner: SourceRunner, written: Any) -> None:
    for charset in ("latin-1", "utf-16"):
        path = written("a,b\ngr\u00fc\u00df,1\n".encode(charset))
        rows = source_runner.read(CsvSource(path, charset=charset)).rows
        assert list(map(tuple, rows)) == [("gr\u00fc\u00df", 1)]


def test_a_column_that_is_not_there_is_an_error_with_the_nearest_name(written: Any) -> None:
    path = written("origin,dest,dep_delay\nJFK,LAX,2\n")
    for source in (
        CsvSource(path, columns=["dep_dealy"]),
        CsvSource(path, {"dep_dealy": float}),
    ):
        with pytest.raises(SourceError, match="'dep_dealy'; the nearest is 'dep_delay'"):
            source.create_enumerator(1)


def test_files_with_other_columns_are_refused_before_any_row(written: Any) -> None:
    paths = [written("a,b\n1,2\n", "1.csv"), written("a,c\n1,2\n", "2.csv")]
    with pytest.raises(SourceError, match=r"2\.csv.*missing \['b'\], new \['c'\]"):
        CsvSource(paths).create_enumerator(1)


def test_an_empty_file_and_a_header_alone_give_no_rows(
    source_runner: SourceRunner, written: Any
) -> None:
    assert source_runner.read(CsvSource(written(""))).rows == []
    assert source_runner.read(CsvSource(written("a,b\n"))).rows == []


def test_types_that_the_first_rows_did_not_show_are_malformed_with_advice(
    source_runner: SourceRunner, written: Any
) -> None:
    path = written("a,b\n" + "1,x\n" * 100_000 + "1.5,x\n")
    with pytest.raises(MalformedInputError, match=r"in\.csv:100002.*column 'a'.*'1.5'"):
        source_runner.read(CsvSource(path))


def test_a_type_that_is_none_is_refused(written: Any) -> None:
    with pytest.raises(InvalidTypeError, match="'bigint'"):
        CsvSource(written("a\n"), {"a": "bigint"})


def test_duckdb_reads_the_same(source_runner: SourceRunner, written: Any) -> None:
    import duckdb

    lines = [f'{n},"name, {n}",{n / 7!r},{"true" if n % 3 else "false"}' for n in range(5000)]
    path = written("id,name,x,ok\n" + "\n".join(lines) + "\n")
    expected = duckdb.sql(f"select * from read_csv('{path}')").fetchall()
    result = source_runner.read(CsvSource(path), parallelism=2)
    assert list(map(tuple, result.rows)) == expected


# Writing.


def test_rows_are_written_and_read_back(
    source_runner: SourceRunner, sink_runner: SinkRunner, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"
    rows = [
        Row(a=1, b="x", c=1.5, d=True),
        Row(a=-2, b='say "hi", you\nthere', c=1e300, d=False),
        Row(a=None, b="", c=None, d=None),
    ]
    sink_runner.write(CsvSink(path), [rows[:2], rows[2:]])
    assert path.read_text() == (
        'a,b,c,d\n1,x,1.5,true\n-2,"say ""hi"", you\nthere",1e+300,false\n,,,\n'
    )
    assert source_runner.read(CsvSource(path)).rows == rows


def test_tuples_dicts_and_single_values_have_columns_too(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"
    for rows, text in (
        ([(1, "a"), (2, "b")], "f0,f1\n1,a\n2,b\n"),
        ([{"x": 1, "y": [1, 2]}, {"x": 2, "y": []}], "x,y\n1,1;2\n2,\n"),
        ([3, 4], "f0\n3\n4\n"),
    ):
        sink_runner.write(CsvSink(path), [rows])
        assert path.read_text() == text


def test_a_csv_without_rows_has_the_header_if_the_type_is_declared(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    declared = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
    sink_runner.write(CsvSink(tmp_path / "out.csv"), [], input_type=declared)
    assert (tmp_path / "out.csv").read_text() == "a,b\n"


def test_a_schema_writes_through_filesink(sink_runner: SinkRunner, tmp_path: Path) -> None:
    schema = (
        builder().add_array_column("l").set_column_separator("|").set_null_value("NULL").build()
    )
    sink = FileSink.for_bulk_format(str(tmp_path), CsvBulkWriters.for_schema(schema)).build()
    sink_runner.write(sink, [[Row(1, "a|b", 0.5, True, ["x", "y"]), Row(2, None, 1.0, False, [])]])
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert path.read_text() == '1|"a|b"|0.5|true|x;y\n2|NULL|1.0|false|\n'


def test_a_declared_type_that_does_not_fit_the_schema_is_refused_before_any_row(
    sink_runner: SinkRunner, tmp_path: Path
) -> None:
    sink = FileSink.for_bulk_format(str(tmp_path), CsvBulkWriters.for_schema(builder().build()))
    with pytest.raises(InvalidTypeError, match="2 fields"):
        sink_runner.open(sink.build(), input_type=Types.TUPLE([Types.INT(), Types.INT()]))


def test_columns_are_written_without_rows(sink_runner: SinkRunner, tmp_path: Path) -> None:
    import pyarrow

    data = pyarrow.record_batch({"a": [1, None], "ok": [True, False], "s": ["x", "y"]})
    sink_runner.write(CsvSink(tmp_path / "out.csv"), [Batch.from_arrow(data)])
    assert (tmp_path / "out.csv").read_text() == "a,ok,s\n1,true,x\n,false,y\n"


def test_pyflinks_builder_reads_csv(source_runner: SourceRunner, written: Any) -> None:
    source = FileSource.for_record_stream_format(
        CsvReaderFormat.for_schema(builder().build()), str(written("1,x,2.0,true\n"))
    ).build()
    assert source.produced_type() == Types.ROW_NAMED(
        ["id", "s", "d", "b"], [Types.INT(), Types.STRING(), Types.DOUBLE(), Types.BOOLEAN()]
    )
    assert source_runner.read(source).rows == [Row(id=1, s="x", d=2.0, b=True)]
