"""key_by("field") of columns: the same job as a key function over the same rows."""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.column import Column
from flinkette._native.fields import field_keys, get_field
from flinkette.common import Row, Time, Types, WatermarkStrategy
from flinkette.contracts.errors import FlinketteError
from flinkette.contracts.functions import KeyedProcessFunction, ProcessWindowFunction
from flinkette.contracts.runtime_context import RuntimeContext
from flinkette.contracts.state import ValueStateDescriptor
from flinkette.datastream import StreamExecutionEnvironment
from flinkette.datastream.window import TumblingEventTimeWindows

KEYS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.int64(): st.integers(-3, 3),
    pa.int32(): st.integers(-3, 3),
    pa.string(): st.text("abé", max_size=2),
    pa.binary(): st.binary(max_size=2),
    pa.float64(): st.sampled_from([0.0, -0.0, 1.5, float("nan")]),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(datetime.date(2020, 1, 1), datetime.date(2020, 1, 3)),
    pa.dictionary(pa.int8(), pa.string()): st.text("ab", max_size=1),
    pa.list_(pa.int64()): st.lists(st.integers(0, 1), max_size=2),
}


class Numbered(KeyedProcessFunction):
    """Counts the rows of each key in state, and says the key."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield repr(ctx.get_current_key()), value["v"], count


class Totals(ProcessWindowFunction):
    """Says key, window and values."""

    def process(self, key: Any, context: Any, elements: Any) -> Any:
        yield repr(key), context.window().start, [row["v"] for row in elements]


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    key_type = draw(st.sampled_from(list(KEYS)))
    keys = draw(st.lists(st.none() | KEYS[key_type], max_size=30))
    return pa.table(
        {
            "v": pa.array(range(len(keys)), pa.int64()),
            "k": pa.array(keys, key_type),
            "t": pa.array([3 * row for row in range(len(keys))], pa.int64()),
        }
    )


def results(table: pa.Table, job: str, form: str, parallelism: int, batch_rows: int) -> list[Any]:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(parallelism)
    env._configuration.set_string("flinkette.batch.rows", str(batch_rows))
    if form == "objects":
        source = env.from_collection([Row(**row) for row in table.to_pylist()])
    else:
        source = env.from_arrow(table)
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("t")
    # one subtask before the keys: rows that several send have no order among them
    stream = source.assign_timestamps_and_watermarks(strategy).set_parallelism(1)
    keyed = stream.key_by("k" if form == "field" else lambda row: row["k"])
    if job == "state":
        made = keyed.process(Numbered())
    elif job == "window":
        made = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10))).process(Totals())
    else:
        made = keyed.sum("v").map(lambda row: (repr(row["k"]), row["v"]))
    return list(made.execute_and_collect())


@settings(max_examples=25, deadline=None)
@given(tables(), st.sampled_from(["state", "window", "sum"]), st.sampled_from([1, 3]))
def test_a_field_a_function_and_objects_give_the_same_rows(
    table: pa.Table, job: str, parallelism: int
) -> None:
    wanted = results(table, job, "objects", parallelism, 7)
    for form in ("field", "function"):
        made = results(table, job, form, parallelism, 7)
        assert sorted(made, key=repr) == sorted(wanted, key=repr)
        if parallelism == 1:
            assert made == wanted


@given(tables())
def test_field_keys_are_what_get_field_takes_from_each_row(table: pa.Table) -> None:
    batch = Batch.from_arrow(table)
    keys = field_keys(batch, "k")
    values = keys.to_objects() if isinstance(keys, Column) else keys
    assert repr(values) == repr([get_field(row, "k") for row in batch.objects()])


def test_the_key_column_is_the_batch_s_own() -> None:
    batch = Batch.from_arrow(pa.table({"v": [1], "k": ["a"]}))
    assert field_keys(batch, "k") is batch.column("k")
    assert field_keys(batch, 0) is batch.column("v")


@pytest.mark.parametrize("field", ["f0", "x", 2, -1, True])
def test_a_field_that_only_rows_can_judge_has_no_column(field: Any) -> None:
    assert field_keys(Batch.from_arrow(pa.table({"v": [1], "k": ["a"]})), field) is None
    assert field_keys(Batch.from_arrow(pa.array(["ab"])), field) is None
    assert field_keys(Batch.from_objects([(1, "a")]), field) is None


def test_tuples_have_their_fields_by_position() -> None:
    spec = ("tuple", (("long",), ("string",)))
    batch = Batch.from_rows([(1, "a"), (2, "b")], spec)
    assert field_keys(batch, "f1") is batch.columns[1]
    assert field_keys(batch, "f2") is None


@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("key_type", "wanted"),
    [(Types.LONG(), "1"), (Types.DOUBLE(), "1.0"), (Types.INT(), "1"), (None, "1")],
)
def test_a_declared_key_type_converts_the_column(key_type: Any, wanted: str) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    stream = env.from_arrow(pa.table({"k": [1], "v": [7]}))
    made = stream.key_by("k", key_type=key_type).process(Numbered())
    assert list(made.execute_and_collect()) == [(wanted, 7, 1)]


@pytest.mark.pipeline
def test_a_missing_field_is_named_as_for_rows() -> None:
    def message(stream: Any) -> str:
        with pytest.raises(FlinketteError) as caught:
            list(stream.key_by("nowhere").sum("v").execute_and_collect())
        return str(caught.value).replace(str(stream), "")

    env = StreamExecutionEnvironment.get_execution_environment()
    of_columns = message(env.from_arrow(pa.table({"k": [1], "v": [7]})))
    env = StreamExecutionEnvironment.get_execution_environment()
    of_rows = message(env.from_collection([Row(k=1, v=7)]))
    assert "'nowhere'" in of_columns
    assert of_columns.split(": ", 1)[1] == of_rows.split(": ", 1)[1]
