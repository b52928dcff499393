"""map_batches: what a function of whole batches sees, and what becomes of its result."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from flinkette._native.batch import Batch
from flinkette.contracts.errors import InvalidTypeError
from flinkette.runtime.operators.forms import from_form, to_form
from unit.runtime.jobs import environment

TABLE = pa.table({"x": [1.5, 2.5, 3.5], "n": [1, 2, 3]})
NUMBERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


def address(array: Any) -> int:
    return int(np.asarray(array).__array_interface__["data"][0])


def batch_of(table: Any) -> Batch:
    return Batch.from_arrow(table)


@pytest.mark.parametrize("dtype", [*NUMBERS, "float16", "float32", "float64"])
def test_arrays_of_numbers_are_the_columns_own_memory_both_ways(dtype: str) -> None:
    batch = batch_of(pa.table({"x": pa.array(np.arange(5).astype(dtype))})).slice(1, 4)
    arrays = to_form(batch, "numpy")
    assert arrays["x"].dtype == dtype
    assert arrays["x"].tolist() == [1, 2, 3]
    assert address(arrays["x"]) == address(batch.column("x"))
    assert not arrays["x"].flags.writeable
    returned = [{"y": arrays["x"] + arrays["x"]}]
    place = address(returned[0]["y"])
    made = from_form(returned)
    assert made is not None
    assert made.columns[0].type_name == dtype
    assert made.columns[0].to_objects() == [2, 4, 6]
    assert address(made.columns[0]) == place


def test_a_column_that_goes_through_unchanged_is_the_same_column() -> None:
    batch = batch_of(TABLE)
    arrays = to_form(batch, "numpy")
    made = from_form([{"a": arrays["x"]}])
    assert made is not None
    assert made.columns[0] is batch.column("x")


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pa.array([1, None, 3]), [1.0, None, 3.0]),
        (pa.array(["a", None, "c"]), ["a", None, "c"]),
        (pa.array([True, False, True]), [True, False, True]),
        (pa.array([datetime.date(2020, 1, day) for day in (1, 2, 3)]), None),
        (pa.array([[1], [2, 3], []]), [[1], [2, 3], []]),
    ],
)
def test_other_columns_become_what_pyarrow_makes_of_them(column: Any, wanted: Any) -> None:
    array = to_form(batch_of(pa.table({"x": column})), "numpy")["x"]
    expected = column.to_numpy(zero_copy_only=False)
    assert array.dtype == expected.dtype
    assert str(array.tolist()) == str(expected.tolist())
    made = from_form([{"x": array}])
    assert made is not None
    if wanted is not None:
        shown = made.columns[0].to_objects()
        assert str(shown).replace("nan", "None") == str(wanted)


@pytest.mark.pipeline
def test_an_array_that_the_function_keeps_is_copied() -> None:
    kept = np.zeros(3)

    def fill(arrays: dict) -> dict:
        kept[:] = arrays["x"]
        return {"x": kept}

    stream = environment(flinkette_batch_rows=1).from_arrow(TABLE).map_batches(fill)
    rows = list(stream.map_batches(lambda batch: batch).execute_and_collect())
    assert [row["x"] for row in rows] == [1.5, 1.5, 1.5, 2.5, 2.5, 2.5, 3.5, 3.5, 3.5]


@pytest.mark.parametrize(
    "returned",
    [
        lambda kept: {"x": kept},
        lambda kept: {"x": kept[:]},
        lambda kept: {"x": kept[::2]},
        lambda kept: {"x": kept.reshape(2, 2)[0]},
        lambda kept: {"x": kept.astype(">f8")},
    ],
)
def test_what_can_still_change_is_not_shared(returned: Any) -> None:
    kept = np.arange(4.0)
    wanted = returned(kept)["x"].tolist()
    made = from_form([returned(kept)])
    kept[:] = -1
    assert made is not None
    assert made.columns[0].to_objects() == wanted


def is_shared(array: np.ndarray, made: Batch | None, index: int) -> bool:
    assert made is not None
    return address(array) == address(made.columns[index])


def test_arrays_that_somebody_else_holds_are_copied() -> None:
    kept = {"x": np.arange(3), "y": np.arange(3)}
    made = from_form([kept])
    assert [is_shared(array, made, at) for at, array in enumerate(kept.values())] == [False, False]
    made = from_form([{"x": np.arange(3), "y": kept["y"]}])
    assert not is_shared(kept["y"], made, 1)
    array = np.arange(3)
    made = from_form([{"x": array, "y": array}])
    assert [is_shared(array, made, at) for at in (0, 1)] == [False, False]


def test_whole_numbers_are_what_numpy_calls_int64() -> None:
    arrays = to_form(batch_of(pa.table({"n": [1, 2], "u": pa.array([1, 2], pa.uint64())})), "numpy")
    assert (type(arrays["n"][0]), type(arrays["u"][0])) == (np.int64, np.uint64)
    assert type(np.asarray(batch_of(TABLE).column("n"))[0]) is np.int64


@pytest.mark.parametrize("form", ["arrow", "table", "polars"])
def test_arrow_and_polars_share_numbers_both_ways(form: str) -> None:
    batch = batch_of(TABLE)
    shown = to_form(batch, form)
    column = shown["x"].to_arrow() if form == "polars" else shown["x"]
    buffers = (column.chunk(0) if form == "table" else column).buffers()
    assert buffers[1].address == address(batch.column("x"))
    made = from_form([shown])
    assert made is not None
    assert address(made.column("x")) == address(batch.column("x"))


def test_a_pandas_frame_can_be_written_into() -> None:
    frame = to_form(batch_of(TABLE), "pandas")
    frame.loc[0, "x"] = 9.0
    made = from_form([frame])
    assert made is not None
    assert made.column("x").to_objects() == [9.0, 2.5, 3.5]
    assert TABLE.column("x").to_pylist() == [1.5, 2.5, 3.5]


def test_frames_and_dicts_of_lists_are_batches() -> None:
    wanted = [1, 2]
    for made in ({"x": [1, 2]}, pd.DataFrame({"x": [1, 2]}), pl.DataFrame({"x": [1, 2]})):
        batch = from_form([made])
        assert batch is not None
        assert batch.column("x").to_objects() == wanted
    assert from_form([None]) is None


@pytest.mark.parametrize("returned", [{}, 7, [1]])
def test_what_is_no_batch_is_refused(returned: Any) -> None:
    with pytest.raises(InvalidTypeError, match="map_batches function returned"):
        from_form([returned])
