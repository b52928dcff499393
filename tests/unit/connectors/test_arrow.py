from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pyarrow
import pytest

from flinkette._native.batch import Batch
from flinkette.common import Row, Types
from flinkette.connectors.arrow import ArrowSource
from flinkette.contracts.errors import InvalidTypeError, RowConversionError, SourceError

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
    assert source.is_parallel == (form != 1)  # of a stream of batches one is read after the other
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


@pytest.mark.parametrize("parallelism", [2, 3])
def test_several_subtasks_read_a_table_in_turns(
    source_runner: SourceRunner, parallelism: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flinkette.connectors.arrow.TURN_ROWS", 10)
    table = pyarrow.table({"n": range(95)})
    result = source_runner.read(ArrowSource(table), parallelism=parallelism, max_rows=4)
    assert sorted(row[0] for row in result.rows) == list(range(95))
    for index, rows in enumerate(result.rows_of_reader):
        assert [row[0] for row in rows] == [n for n in range(95) if n // 10 % parallelism == index]


@pytest.mark.parametrize("after_polls", [1, 7, 13])
def test_turns_go_on_from_the_position(
    source_runner: SourceRunner, after_polls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flinkette.connectors.arrow.TURN_ROWS", 10)
    source = ArrowSource(pyarrow.table({"n": range(95)}))
    rows = source_runner.read_with_restart(
        source, after_polls=after_polls, max_rows=4, parallelism=2
    )
    assert sorted(row[0] for row in rows) == list(range(95))


@pytest.mark.parametrize("kind", ["table", "batch"])
def test_a_view_travels_without_the_rest_of_its_table(kind: str) -> None:
    numbers = pyarrow.array(range(100_000))
    table = pyarrow.table({"n": numbers, "s": [None, "a", "bc", "def"] * 25_000})
    view: Any = table.slice(70_001, 5)
    if kind == "batch":
        view = view.to_batches()[0]
    pickled = pickle.dumps(ArrowSource(view))
    assert len(pickled) < 10_000
    assert pickle.loads(pickled)._data.equals(view)
    assert len(pickle.dumps(ArrowSource(table))) > table.nbytes


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


# What is copied and what is not


def places(array: pyarrow.Array) -> list[int | None]:
    """Where in memory the first row's value (or offset) and the other buffers lie."""
    validity, *others = array.buffers()
    bytes_a_row = 4 if array.type in (pyarrow.string(), pyarrow.int32()) else 8
    own = others[0].address + array.offset * bytes_a_row
    return [validity and validity.address, own, *(buffer.address for buffer in others[1:])]


def columns_read(
    runner: SourceRunner, data: Any, max_rows: int = 8192
) -> list[list[pyarrow.Array]]:
    fetched = runner.read(ArrowSource(data), max_rows=max_rows).fetched
    batches = [each.batch for each in fetched if each.batch is not None]
    return [[pyarrow.array(column) for column in batch.columns or ()] for batch in batches]


BIG = pyarrow.table(
    {
        "i": pyarrow.array(range(20_000), pyarrow.int64()),
        "n": pyarrow.array([None, 1, 2, 3] * 5_000, pyarrow.int32()),
        "s": [str(number) for number in range(20_000)],
        "f": [0.5] * 20_000,
    }
)


def test_batches_are_views_of_the_tables_own_memory(source_runner: SourceRunner) -> None:
    batches = columns_read(source_runner, BIG, max_rows=6_000)
    assert [len(batch[0]) for batch in batches] == [6_000, 6_000, 6_000, 2_000]
    for number, batch in enumerate(batches):
        expected = BIG.slice(number * 6_000, 6_000)
        for column, name in zip(batch, BIG.column_names, strict=True):
            assert column.equals(expected[name].chunk(0))
            assert places(column) == places(expected[name].chunk(0))


@pytest.mark.parametrize("kind", ["slice", "batch", "reader", "polars", "pandas"])
def test_slices_and_frames_of_other_libraries_are_not_copied(
    source_runner: SourceRunner, kind: str
) -> None:
    import polars

    part = BIG.select(["i", "f"]).slice(5, 100)
    data = {
        "slice": part,
        "batch": part.to_batches()[0],
        "reader": part.to_reader(),
        "polars": polars.DataFrame(part),
        "pandas": part.to_pandas(),
    }[kind]
    own = pyarrow.table(data) if kind != "reader" else part  # what the library itself lends
    (columns,) = columns_read(source_runner, data)
    for column, name in zip(columns, ("i", "f"), strict=True):
        if kind != "pandas" or not isinstance(data[name].dtype, object):
            assert places(column)[1] == places(own[name].chunk(0))[1]
        assert column.to_pylist() == part[name].to_pylist()


def test_a_buffer_that_is_not_aligned_is_the_only_one_copied(source_runner: SourceRunner) -> None:
    memory = pyarrow.py_buffer(bytes(1 + 8 * 3))
    crooked = pyarrow.Array.from_buffers(pyarrow.int64(), 3, [None, memory.slice(1)])
    straight = pyarrow.array([1, 2, 3])
    assert crooked.buffers()[1].address % 8
    table = pyarrow.table({"crooked": crooked, "straight": straight})
    (columns,) = columns_read(source_runner, table)
    assert columns[0].buffers()[1].address % 8 == 0
    assert columns[0].to_pylist() == [0, 0, 0]
    assert places(columns[1]) == places(straight)


def chunked(sizes: list[int]) -> pyarrow.Table:
    parts = [pyarrow.table({"a": pyarrow.array(range(size), pyarrow.int64())}) for size in sizes]
    return pyarrow.concat_tables(parts)


def test_small_chunks_of_a_table_are_joined_and_large_ones_are_not_copied(
    source_runner: SourceRunner,
) -> None:
    table = chunked([10, 20, 500, 5, 5, 900, 60, 0, 60, 30, 1_500, 7])
    batches = columns_read(source_runner, table, max_rows=800)
    assert [len(columns[0]) for columns in batches] == [30, 500, 10, 800, 100, 150, 800, 700, 7]
    assert [value for columns in batches for value in columns[0].to_pylist()] == [
        value for chunk in table["a"].chunks for value in chunk.to_pylist()
    ]
    for at, chunk in ((1, 2), (3, 5), (6, 10), (8, 11)):
        assert places(batches[at][0]) == places(table["a"].chunk(chunk))


def test_joining_stops_at_half_a_batch(source_runner: SourceRunner) -> None:
    batches = columns_read(source_runner, chunked([10] * 20), max_rows=80)
    assert [len(columns[0]) for columns in batches] == [40, 40, 40, 40, 40]


def test_chunks_of_a_stream_are_handed_on_as_they_come(source_runner: SourceRunner) -> None:
    batches = columns_read(source_runner, chunked([10, 10, 10]).to_reader())
    assert [len(columns[0]) for columns in batches] == [10, 10, 10]


def test_chunks_with_dictionaries_stay_alone(source_runner: SourceRunner) -> None:
    parts = [pyarrow.table({"c": pyarrow.array([value]).dictionary_encode()}) for value in "abc"]
    table = pyarrow.concat_tables(parts)
    batches = columns_read(source_runner, table)
    assert [columns[0].to_pylist() for columns in batches] == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize("after_polls", [1, 3, 6])
def test_reading_goes_on_in_joined_chunks(source_runner: SourceRunner, after_polls: int) -> None:
    table = chunked([1] * 30 + [40])
    rows = source_runner.read_with_restart(ArrowSource(table), after_polls=after_polls, max_rows=16)
    assert [row["a"] for row in rows] == [0] * 30 + list(range(40))


def test_the_memory_of_a_table_is_let_go_with_its_last_batch(source_runner: SourceRunner) -> None:
    before = pyarrow.total_allocated_bytes()
    table = pyarrow.table({"a": pyarrow.array([1.5] * 100_000)})
    source = ArrowSource(table)
    batch = next(source.batches(1_000))
    held = pyarrow.array((batch.columns or ())[0])
    del table, source, batch
    assert pyarrow.total_allocated_bytes() >= before + 800_000
    del held
    assert pyarrow.total_allocated_bytes() <= before


# Types


def test_rows_have_the_types_of_their_columns() -> None:
    table = pyarrow.table(
        {
            "i": pyarrow.array([1], pyarrow.int32()),
            "u": pyarrow.array([1], pyarrow.uint32()),
            "f": pyarrow.array([1], pyarrow.float32()),
            "s": pyarrow.array(["x"]).dictionary_encode(),
            "t": pyarrow.array([0], pyarrow.timestamp("ns")),
            "z": pyarrow.array([0], pyarrow.timestamp("ns", "UTC")),
            "l": [[1]],
        }
    )
    assert ArrowSource(table).produced_type() == Types.ROW_NAMED(
        list("iufstzl"),
        [
            Types.INT(), Types.LONG(), Types.FLOAT(), Types.STRING(), Types.SQL_TIMESTAMP(),
            Types.PICKLED_BYTE_ARRAY(), Types.PICKLED_BYTE_ARRAY(),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("form", range(4))
def test_the_type_is_known_before_anything_is_read(source_runner: SourceRunner, form: int) -> None:
    source = ArrowSource(forms()[form])
    expected = Types.ROW_NAMED(["a", "s"], [Types.LONG(), Types.STRING()])
    assert source.produced_type() == expected
    assert list(map(tuple, source_runner.read(source).rows)) == ROWS


def test_single_values_and_columns_of_one_name() -> None:
    assert ArrowSource(pyarrow.array([1.5])).produced_type() == Types.DOUBLE()
    assert ArrowSource(pyarrow.array([[1.5]])).produced_type() is None
    twins = pyarrow.Table.from_arrays([pyarrow.array([1])] * 2, ["a", "a"])
    assert ArrowSource(twins).produced_type() is None


def test_a_lender_that_only_knows_streams_has_no_type_before(source_runner: SourceRunner) -> None:
    class Lender:
        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
            return TABLE.__arrow_c_stream__(requested_schema)

    source = ArrowSource(Lender())
    assert source.produced_type() is None
    assert list(map(tuple, source_runner.read(source).rows)) == ROWS


def test_columns_become_what_is_declared(source_runner: SourceRunner) -> None:
    declared = Types.ROW_NAMED(["s", "a"], [Types.STRING(), Types.DOUBLE()])
    rows = source_runner.read(ArrowSource(TABLE, declared)).rows
    assert rows == [Row(s=text, a=float(number)) for number, text in ROWS]
    assert type(rows[0]["a"]) is float
    pairs = Types.TUPLE([Types.LONG(), Types.STRING()])
    assert source_runner.read(ArrowSource(TABLE, pairs)).rows == ROWS
    renamed = Types.ROW_NAMED(["x", "y"], [Types.PICKLED_BYTE_ARRAY(), Types.STRING()])
    assert source_runner.read(ArrowSource(TABLE, renamed)).rows[1] == Row(x=2, y=None)


def test_a_declared_type_that_columns_have_copies_nothing() -> None:
    array = pyarrow.array(["x", "y"], pyarrow.large_string())
    declared = Types.ROW_NAMED(["s"], [Types.STRING()])
    (batch,) = ArrowSource(pyarrow.table({"s": array}), declared).batches(8192)
    assert isinstance(batch, Batch)
    column = pyarrow.array((batch.columns or ())[0])
    assert column.type == pyarrow.large_string()
    assert [each.address for each in column.buffers()[1:]] == [
        each.address for each in array.buffers()[1:]
    ]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (Types.LONG(), "the data is a table of the columns a, s"),
        (Types.ROW_NAMED(["s"], [Types.INT()]), "'s' is utf8 and cannot become int32"),
        (Types.ROW_NAMED(list("xyz"), [Types.INT()] * 3), "one field for each column"),
    ],
)
def test_a_declared_type_that_columns_cannot_have_is_refused(
    source_runner: SourceRunner, declared: Any, message: str
) -> None:
    with pytest.raises((InvalidTypeError, RowConversionError), match=message):
        source_runner.read(ArrowSource(TABLE, declared))
