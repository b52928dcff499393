"""Running aggregates of keyed columns against the same rows one by one."""

from __future__ import annotations

from typing import Any

import pyarrow
from hypothesis import given
from hypothesis import strategies as st

from flinkette.common import Row, Types
from flinkette.contracts.errors import UserFunctionError
from flinkette.datastream import RuntimeExecutionMode, StreamExecutionEnvironment

KINDS = ("sum", "min", "max", "min_by", "max_by")
KEY_TYPES = (
    pyarrow.int64(),
    pyarrow.string(),
    pyarrow.large_string(),
    pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
    pyarrow.float64(),  # no column is made of such keys again
)
INTS = st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1)


def environment(mode: RuntimeExecutionMode) -> StreamExecutionEnvironment:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    env.set_runtime_mode(mode)
    return env


def outcome(stream: Any, kind: str, position: int | str) -> tuple[list[str], str]:
    """What a running aggregate gives, and how it ends."""
    rows: list[str] = []
    keyed = stream.key_by("k")
    try:
        with getattr(keyed, kind)(position).execute_and_collect() as found:
            for row in found:
                rows.append(repr(row))
    except UserFunctionError as error:
        return rows, repr(error.__cause__)
    return rows, ""


@given(
    st.sampled_from(KINDS),
    st.sampled_from(KEY_TYPES),
    st.sampled_from([pyarrow.int64(), pyarrow.float64()]),
    st.booleans(),
    st.sampled_from([RuntimeExecutionMode.STREAMING, RuntimeExecutionMode.BATCH]),
    st.data(),
)
def test_columns_give_what_rows_give(
    kind: str,
    key_type: Any,
    value_type: Any,
    is_value_first: bool,
    mode: RuntimeExecutionMode,
    data: st.DataObject,
) -> None:
    is_int = value_type == pyarrow.int64()
    numbers = INTS if is_int else st.floats()
    chunks = []
    for _ in range(data.draw(st.integers(1, 3))):
        values = data.draw(st.lists(data.draw(st.sampled_from([numbers, numbers | st.none()]))))
        key_numbers = data.draw(
            st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values))
        )
        is_text = "string" in str(key_type)
        keys = [f"key {number}" if is_text else number for number in key_numbers]
        columns = {
            "k": pyarrow.array(keys, key_type),
            "v": pyarrow.array(values, value_type),
        }
        if is_value_first:
            columns = dict(reversed(columns.items()))
        chunks.append(pyarrow.record_batch(columns))
    table = pyarrow.Table.from_batches(chunks)
    rows = [Row(**row) for row in table.to_pylist()]
    if not rows:
        return
    members = {
        "k": Types.STRING()
        if is_text
        else Types.LONG()
        if key_type == pyarrow.int64()
        else Types.DOUBLE(),
        "v": Types.LONG() if is_int else Types.DOUBLE(),
    }
    names = list(table.column_names)
    row_type = Types.ROW_NAMED(names, [members[name] for name in names])
    reader = pyarrow.RecordBatchReader.from_batches(table.schema, chunks)
    position = data.draw(st.sampled_from(["v", names.index("v")]))
    columnwise = outcome(environment(mode).from_arrow(reader), kind, position)
    rowwise = outcome(environment(mode).from_collection(rows, row_type), kind, position)
    assert columnwise == rowwise
