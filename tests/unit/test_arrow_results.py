"""Results of jobs as Arrow and pandas: `to_arrow`, `to_batches`, `to_pandas`, other libraries."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from flinkette._native import column
from flinkette.common import Row, Types
from flinkette.connectors.number_sequence import NumberSequenceSource
from flinkette.contracts.errors import InvalidPipelineError, RowConversionError
from flinkette.contracts.watermark_strategy import WatermarkStrategy
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.ext.sinks import BlackholeSink

pytestmark = pytest.mark.usefixtures("no_leaks")

NOON = dt.datetime(2020, 1, 2, 12)
FAR_FUTURE = pa.array([10**15, None, 0], pa.int64()).cast(pa.timestamp("ms"))


@pytest.fixture
def env() -> StreamExecutionEnvironment:
    made = StreamExecutionEnvironment.get_execution_environment()
    return made.set_parallelism(1)


def small_batches(env: StreamExecutionEnvironment, rows: int = 2) -> StreamExecutionEnvironment:
    env.get_config()
    env._configuration.set_integer("flinkette.batch.rows", rows)
    return env


def addresses(array: pa.Array) -> list[int | None]:
    return [buffer and buffer.address for buffer in array.buffers()]


# Columns stay what they are


TABLE = pa.table(
    {
        "i": pa.array([1, None, 3], pa.int8()),
        "f": [0.5, float("nan"), None],
        "b": [True, None, False],
        "s": ["x", None, "zz"],
        "v": pa.array(["x" * 20, None, ""], pa.string_view()),
        "c": pa.array(["u", None, "u"]).dictionary_encode(),
        "y": [b"\xff", b"", None],
        "d": [dt.date(2020, 1, 1), None, dt.date(1, 1, 1)],
        "t": FAR_FUTURE,
        "z": pa.array([NOON, None, NOON], pa.timestamp("ns", "America/New_York")),
        "m": pa.array([Decimal("1.50"), None, Decimal(0)], pa.decimal128(10, 2)),
        "l": [[1, None], None, []],
        "r": [{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}],
        "k": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
        "p": pa.array([(1, 2, 3), None, (0, 0, 0)], pa.month_day_nano_interval()),
        "n": pa.nulls(3),
    }
)


@pytest.mark.pipeline
def test_columns_of_every_type_come_out_as_they_went_in(env):
    found = env.from_arrow(TABLE).execute_and_collect().to_arrow()
    found.validate(full=True)
    assert found.schema == TABLE.schema
    assert found.drop(["f"]).equals(TABLE.drop(["f"]))
    assert repr(found["f"].to_pylist()) == "[0.5, nan, None]"


def test_the_results_buffers_are_those_of_the_table(env):
    table = pa.table({"i": list(range(40_000)), "s": [str(number) for number in range(40_000)]})
    found = env.from_arrow(table).execute_and_collect().to_arrow()
    assert found.equals(table)
    assert [found["i"].num_chunks, found["s"].num_chunks] == [5, 5]
    for name in table.column_names:
        for chunk in found[name].chunks:
            assert addresses(chunk) == addresses(table[name].chunk(0))


@pytest.mark.pipeline
def test_columns_pass_exchanges_and_batch_functions_without_becoming_objects(env):
    # Python's datetime ends with the year 9999: a row as an object would be an error
    table = pa.table({"t": FAR_FUTURE, "k": [1, 2, 1]})
    env.set_parallelism(2)
    moved = env.from_arrow(table).rebalance().map_batches(lambda batch: batch)
    rows = moved.execute_and_collect().to_arrow().sort_by("t")
    assert rows.equals(table.sort_by("t"))


def test_columns_reach_sinks_without_becoming_objects(env):
    table = pa.table({"t": FAR_FUTURE, "k": [1, 2, 1]})
    sink = BlackholeSink()
    env.from_arrow(table).map_batches(lambda batch: batch).sink_to(sink)
    env.execute()
    assert sink.num_rows == 3


def test_a_function_over_batches_sees_the_tables_own_memory(env):
    table = pa.table({"i": [1, 2, 3]})
    seen = []
    env.from_arrow(table).map_batches(lambda batch: seen.append(batch["i"]) or batch).sink_to(
        BlackholeSink()
    )
    env.execute()
    assert [addresses(array) for array in seen] == [addresses(table["i"].chunk(0))]


@pytest.mark.pipeline
def test_a_lone_column_is_called_f0(env):
    found = env.from_arrow(pa.array([1, None])).execute_and_collect().to_arrow()
    assert found.equals(pa.table({"f0": [1, None]}))


# Python rows become columns of their declared type


DECLARED = [
    (Types.LONG(), [1, None, -(2**63)], pa.int64()),
    (Types.INT(), [1, None], pa.int32()),
    (Types.SHORT(), [1, None], pa.int16()),
    (Types.BYTE(), [1, None], pa.int8()),
    (Types.DOUBLE(), [0.5, None], pa.float64()),
    (Types.FLOAT(), [0.5, None], pa.float32()),
    (Types.BOOLEAN(), [True, None], pa.bool_()),
    (Types.STRING(), ["x", None], pa.string()),
    (Types.SQL_DATE(), [dt.date(2020, 1, 1), None], pa.date32()),
    (Types.SQL_TIME(), [dt.time(1, 2, 3), None], pa.time64("us")),
    (Types.SQL_TIMESTAMP(), [NOON, None], pa.timestamp("us")),
    (Types.BIG_INT(), [2**70, None], pa.decimal128(38, 0)),
    (Types.BIG_DEC(), [Decimal("1.5"), None], pa.decimal128(38, 18)),
    (Types.LIST(Types.INT()), [[1, None], [], None], pa.list_(pa.int32())),
    (Types.MAP(Types.STRING(), Types.INT()), [{"a": 1}, None], pa.map_(pa.string(), pa.int32())),
]


@pytest.mark.pipeline
@pytest.mark.parametrize(("declared", "values", "arrow_type"), DECLARED)
def test_a_declared_field_becomes_a_typed_column(env, declared, values, arrow_type):
    row_type = Types.ROW_NAMED(["v"], [declared])
    rows = env.from_collection([Row(value) for value in values], row_type)
    found = rows.execute_and_collect().to_arrow()
    assert found.schema.types == [arrow_type]
    assert found.equals(pa.table({"v": pa.array(values, arrow_type)}))
    empty = env.from_collection([], row_type).execute_and_collect().to_arrow()
    assert empty.schema == found.schema
    assert empty.num_rows == 0


@pytest.mark.pipeline
def test_tuples_and_single_values_have_numbered_columns(env):
    pair = Types.TUPLE([Types.LONG(), Types.STRING()])
    pairs = env.from_collection([(1, "a")], pair).execute_and_collect().to_arrow()
    assert pairs.equals(pa.table({"f0": [1], "f1": ["a"]}))
    values = env.from_collection(["a"], Types.STRING()).execute_and_collect().to_arrow()
    assert values.equals(pa.table({"f0": ["a"]}))


@pytest.mark.pipeline
def test_rows_in_rows_are_structs(env):
    inner = Types.ROW_NAMED(["c"], [Types.INT()])
    declared = Types.ROW_NAMED(["a", "b"], [Types.LONG(), inner])
    rows = env.from_collection([Row(1, Row(2)), Row(None, None)], declared)
    found = rows.execute_and_collect().to_arrow()
    assert found.to_pylist() == [{"a": 1, "b": {"c": 2}}, {"a": None, "b": None}]


@pytest.mark.pipeline
def test_a_field_of_no_declared_type_shows_its_own(env):
    declared = Types.ROW_NAMED(["pickled", "b"], [Types.INT(), Types.PICKLED_BYTE_ARRAY()])
    rows = env.from_collection([Row(1, "x"), Row(2, None)], declared)
    found = rows.execute_and_collect().to_arrow()
    assert found.schema == pa.schema([("pickled", pa.int32()), ("b", pa.string())])
    empty = env.from_collection([], declared).execute_and_collect().to_arrow()
    assert empty.schema == pa.schema([("pickled", pa.int32()), ("b", pa.null())])


@pytest.mark.pipeline
def test_an_empty_result_of_columns_keeps_their_types(env):
    nothing = env.from_arrow(TABLE.select(["i", "s"])).filter(lambda row: False)
    assert nothing.execute_and_collect().to_arrow().schema == TABLE.select(["i", "s"]).schema


@pytest.mark.pipeline
def test_an_empty_result_of_undeclared_rows_has_no_columns(env):
    found = env.from_collection([]).execute_and_collect().to_arrow()
    assert (found.num_rows, found.column_names) == (0, [])


@pytest.mark.pipeline
def test_a_side_output_has_the_type_of_its_tag(env):
    tag = OutputTag("odd", Types.SHORT())

    def halves(number):
        yield (tag, number) if number % 2 else number

    from flinkette.datastream import ProcessFunction

    class Halves(ProcessFunction):
        def process_element(self, value, ctx):
            yield from halves(value)

    side = env.from_collection([1, 2, 3]).process(Halves()).get_side_output(tag)
    found = side.execute_and_collect().to_arrow()
    assert found.equals(pa.table({"f0": pa.array([1, 3], pa.int16())}))


# … and undeclared ones of the type that they show


class Point(NamedTuple):
    x: int
    y: float


@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([1, None, 2], {"f0": [1, None, 2]}),
        ([1, 2.5, None], {"f0": [1.0, 2.5, None]}),
        ([None, None, None], {"f0": pa.nulls(3)}),
        ([None, None, "x"], {"f0": [None, None, "x"]}),
        ([(1, "a"), (None, "b"), (2, None)], {"f0": [1, None, 2], "f1": ["a", "b", None]}),
        ([Point(1, 0.5), Point(2, 1.5)], {"x": [1, 2], "y": [0.5, 1.5]}),
        ([Row(a=1, b="x"), Row(b="y", a=2)], {"a": [1, 2], "b": ["x", "y"]}),
        ([Row(1, "x"), Row(2, "y")], {"f0": [1, 2], "f1": ["x", "y"]}),
        ([{"a": 1}, {"a": 2, "b": 3}, {"b": 4}], {"a": [1, 2, None], "b": [None, 3, 4]}),
        ([NOON, None, NOON], {"f0": [NOON, None, NOON]}),
        ([Decimal("1.5"), Decimal("22.75")], {"f0": [Decimal("1.50"), Decimal("22.75")]}),
        ([[1, 2], [], None], {"f0": [[1, 2], [], None]}),
        ([Row(r=Row(a=1)), Row(r=None)], {"r": [{"a": 1}, None]}),
        ([b"x", b""], {"f0": [b"x", b""]}),
    ],
)
@pytest.mark.parametrize("batch_rows", [1, 2, 8192])
def test_undeclared_rows_make_the_same_table_at_any_batch_size(env, rows, expected, batch_rows):
    stream = small_batches(env, batch_rows).from_collection(rows)
    found = stream.execute_and_collect().to_arrow()
    found.validate(full=True)
    assert found.combine_chunks().equals(pa.table(expected))


@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1, None, "x"], r"row 2 .*'f0' is 'x' \(str\)"),
        (["x", "y", 3], r"row 2 .*'f0' is 3 \(int\)"),
        ([Row(a=1), Row(a=2), Row(a=b"x")], r"row 2 .*'a' is b'x' \(bytes\)"),
        ([(1, 2), (3, 4), (5,)], r"row 2 .*\(5,\)"),
        ([1, 2, 2**70], r"row 2 .*1180591620717411303424"),
        ([1, 2, object()], r"row 2 .*\(object\)"),
    ],
)
@pytest.mark.parametrize("batch_rows", [1, 2, 8192])
def test_the_row_that_does_not_fit_is_named_at_any_batch_size(env, rows, message, batch_rows):
    results = small_batches(env, batch_rows).from_collection(rows).execute_and_collect()
    with results, pytest.raises(RowConversionError, match=message):
        results.to_arrow()


@pytest.mark.pipeline
def test_a_value_that_does_not_fit_its_declared_column_is_named(env):
    declared = Types.ROW_NAMED(["a"], [Types.BIG_DEC()])
    rows = [Row(Decimal(number)) for number in (1, 2)] + [Row(Decimal(10) ** 30)]
    results = small_batches(env).from_collection(rows, declared).execute_and_collect()
    with (
        results,
        pytest.raises(RowConversionError, match=r"row 2 of the result: field 'a'.*DECIMAL"),
    ):
        results.to_arrow()


# Batch by batch


@pytest.mark.pipeline
def test_batches_come_as_the_job_makes_them_in_one_schema(env):
    stream = small_batches(env).from_collection([Row(a=1), Row(a=2), Row(a=None)])
    with stream.execute_and_collect() as results:
        batches = list(results.to_batches())
    assert [batch.num_rows for batch in batches] == [2, 1]
    assert {batch.schema.field("a").type for batch in batches} == {pa.int64()}


@pytest.mark.pipeline
def test_a_batch_that_does_not_have_the_first_ones_columns_is_refused(env):
    results = small_batches(env).from_collection([1, 2, None, 2.5]).execute_and_collect()
    with results:
        batches = results.to_batches()
        assert next(batches).to_pydict() == {"f0": [1, 2]}
        with pytest.raises(RowConversionError, match=r"row 3 .*'f0' is 2.5 \(float\).*double"):
            next(batches)


@pytest.mark.pipeline
def test_iteration_and_batches_share_one_position(env):
    stream = small_batches(env, 3).from_collection(range(8), Types.LONG())
    with stream.execute_and_collect() as results:
        assert next(results) == 0
        assert next(results.to_batches())["f0"].to_pylist() == [1, 2]
        assert [next(results), next(results)] == [3, 4]
        assert results.to_arrow().to_pydict() == {"f0": [5, 6, 7]}
        assert list(results) == []


@pytest.mark.pipeline
def test_iterations_share_one_position_and_end_with_the_job(env):
    stream = small_batches(env, 2).from_collection(range(9))
    with stream.execute_and_collect() as results:
        first, second = iter(results), iter(results)
        assert [next(first), next(second), next(second), next(first)] == [0, 1, 2, 3]
        for row in results:
            assert row == 4
            break
        assert list(zip(results, results, strict=False)) == [(5, 6), (7, 8)]
    with stream.execute_and_collect() as results:
        for row in results:
            assert row == 0
            results.close()


@pytest.mark.pipeline
def test_an_endless_job_gives_batches_until_it_is_closed(env):
    made = []

    def numbered(batch: pa.RecordBatch) -> pa.RecordBatch:
        made.append(batch.num_rows)  # of a worker's copy, on workers
        return batch

    endless = NumberSequenceSource(0, 2**62)
    stream = env.from_source(endless, WatermarkStrategy.no_watermarks(), "numbers")
    with stream.map_batches(numbered).execute_and_collect() as results:
        batches = results.to_batches()
        assert next(batches).column(0)[0].as_py() == 0
        for _ in range(20):
            next(batches)
        assert len(made) <= 21 + 8, "the job waits for its reader"
        job = results._job
    assert str(job.status) == "JobStatus.CANCELED"
    assert next(batches, None) is None
    with pytest.raises(StopIteration):
        next(results)


@pytest.mark.pipeline
def test_a_limit_stops_an_endless_job(env):
    endless = NumberSequenceSource(0, 2**62)
    stream = env.from_source(endless, WatermarkStrategy.no_watermarks(), "numbers")
    results = stream.execute_and_collect()
    job = results._job
    assert results.to_arrow(limit=10_000)["f0"].to_pylist() == list(range(10_000))
    assert str(job.status) == "JobStatus.CANCELED"
    assert stream.execute_and_collect().to_pandas(limit=3)["f0"].tolist() == [0, 1, 2]
    with stream.execute_and_collect() as rows, pytest.raises(InvalidPipelineError, match="limit"):
        rows.to_arrow(limit=0)


@pytest.mark.pipeline
def test_a_job_that_fails_while_columns_are_asked_for_is_closed(env):
    results = env.from_collection([1, 0]).map(lambda x: 1 / x).execute_and_collect()
    with pytest.raises(RuntimeError, match="division by zero"):
        results.to_arrow()
    assert results.to_arrow().num_rows == 0


@pytest.mark.pipeline
def test_the_memory_of_a_result_goes_with_it(env, runs_on):
    before, columns_before = pa.total_allocated_bytes(), column.live_count()
    table = pa.table({"a": pa.array([1.5] * 100_000)})
    with env.from_arrow(table).execute_and_collect() as results:
        batch = next(results.to_batches())
        next(results)  # makes the job hold a few more batches
    found = env.from_arrow(table).execute_and_collect().to_arrow()
    del table, results
    assert found.num_rows == 100_000
    if runs_on == "in_process":  # what comes from workers is in no memory of pyarrow's
        assert pa.total_allocated_bytes() > before
    del found, batch, env
    assert pa.total_allocated_bytes() <= before
    assert column.live_count() == columns_before


# Other libraries


@pytest.mark.pipeline
def test_results_are_frames_of_pandas_and_polars_and_tables_of_duckdb(env):
    import duckdb
    import pandas
    import polars

    table = pa.table({"k": ["a", "b"], "v": [1, 2]})

    def results() -> Any:
        return env.from_arrow(table).execute_and_collect()

    frame = results().to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.equals(table.to_pandas())
    assert polars.DataFrame(results()).equals(polars.DataFrame(table))
    reader = pa.RecordBatchReader.from_stream(results())
    assert reader.read_all().equals(table)
    lent = pa.RecordBatchReader.from_stream(results())  # noqa: F841 - the query names it
    assert duckdb.sql("select sum(v) from lent").fetchall() == [(3,)]


@pytest.mark.pipeline
def test_a_result_without_rows_is_a_stream_of_its_columns(env):
    pair = Types.ROW_NAMED(["k", "v"], [Types.STRING(), Types.LONG()])
    results = env.from_collection([], pair).execute_and_collect()
    reader = pa.RecordBatchReader.from_stream(results)
    assert reader.schema == pa.schema([("k", pa.string()), ("v", pa.int64())])
    assert reader.read_all().num_rows == 0
