"""Keys that come as columns are the keys of the objects they would become."""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.column import Column
from flinkette._native.keys import KeyMap, encode_key, hash_keys

SAMPLES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (pa.int8(), st.integers(-(2**7), 2**7 - 1)),
    (pa.uint16(), st.integers(0, 2**16 - 1)),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.bool_(), st.booleans()),
    (pa.string(), st.text(max_size=20)),
    (pa.large_string(), st.text(max_size=20)),
    (pa.string_view(), st.text(max_size=20)),
    (pa.binary(), st.binary(max_size=20)),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.date32(), st.dates()),
    (pa.null(), st.none()),
]
FORMATS = {
    "int8": "c",
    "uint16": "S",
    "int32": "i",
    "int64": "l",
    "uint64": "L",
    "float": "f",
    "double": "g",
    "bool": "b",
    "string": "u",
    "large_string": "U",
    "string_view": "vu",
    "binary": "z",
    "fixed_size_binary[3]": "w:3",
    "null": "n",
}
PLAIN = {pa.string_view(): pa.string()}


@pytest.mark.parametrize(("arrow_type", "values"), SAMPLES, ids=lambda each: str(each)[:20])
@given(data=st.data())
def test_a_column_has_the_hashes_and_ids_of_its_objects(
    arrow_type: Any, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    array = pa.array(data.draw(st.lists(values | st.none(), max_size=30)), arrow_type)
    column = Column.from_arrow(array[data.draw(st.integers(0, len(array))) :])
    objects = column.to_objects()
    key_map, hashes = KeyMap(128, 0, 127), hash_keys(column)
    assert list(hashes) == list(hash_keys(objects))
    ids = list(key_map.ids(column, hashes))
    assert ids == list(key_map.ids(objects))
    assert [encode_key(key_map.key(each)) for each in ids] == [encode_key(key) for key in objects]


@pytest.mark.parametrize(("arrow_type", "values"), SAMPLES, ids=lambda each: str(each)[:20])
@given(data=st.data())
def test_keys_of_a_column_come_back_as_such_a_column(
    arrow_type: Any, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    if pa.types.is_date(arrow_type):
        return
    array = pa.array(data.draw(st.lists(values | st.none(), max_size=30)), arrow_type)
    column, key_map = Column.from_arrow(array), KeyMap(128, 0, 127)
    ids = key_map.ids(column)
    keys = key_map.key_column(ids, FORMATS[str(arrow_type)])
    assert keys is not None
    assert list(map(encode_key, keys.to_objects())) == list(map(encode_key, column.to_objects()))
    assert (
        keys.type_name == Column.from_arrow(array.cast(PLAIN.get(arrow_type, arrow_type))).type_name
    )


@pytest.mark.parametrize(
    ("key", "format"),
    [
        (200, "c"),
        (-1, "L"),
        (2**63, "l"),
        (2**64, "L"),
        (1, "g"),
        (True, "l"),
        (1.0, "l"),
        (0.1, "f"),
        ("a", "z"),
        (b"a", "u"),
        (b"abc", "w:2"),
        ("\ud800", "u"),
        ((1,), "l"),
        (1, "tdD"),
    ],
)
def test_keys_that_are_no_values_of_a_type_give_no_column(key: Any, format: str) -> None:
    key_map = KeyMap(128, 0, 127)
    assert key_map.key_column(key_map.ids([None, key]), format) is None


def test_only_keys_of_live_ids_become_a_column() -> None:
    key_map = KeyMap(128, 0, 127)
    ids = key_map.ids([1])
    key_map.release_batch()
    with pytest.raises(KeyError, match="is free"):
        key_map.key_column(ids, "l")


def test_dictionary_columns_are_keys_by_their_values() -> None:
    array = pa.array(["a", None, "b", "a"]).dictionary_encode()
    column = Column.from_arrow(array)
    assert list(hash_keys(column)) == list(hash_keys(["a", None, "b", "a"]))
    key_map = KeyMap(128, 0, 127)
    ids = key_map.ids(column)
    assert [key_map.key(each) for each in ids] == ["a", None, "b", "a"]


ENTRIES = st.lists(st.one_of(st.none(), st.sampled_from("abcdefgh")), max_size=60)


@given(ENTRIES, ENTRIES, st.integers(0, 10))
def test_a_dictionary_column_has_the_hashes_and_ids_of_its_values_in_row_order(
    before: list[str | None], keys: list[str | None], start: int
) -> None:
    """With long and short dictionaries, unused entries, nulls in both places, and slices."""
    encoded = pa.DictionaryArray.from_arrays(
        pa.array([None if key is None else ord(key) - ord("a") for key in keys], pa.int8()),
        pa.array(["a", "b", "c", "d", "e", None, "a", "h"]),
    )[start:]
    column = Column.from_arrow(encoded)
    of_column, of_objects = KeyMap(128, 0, 127), KeyMap(128, 0, 127)
    assert list(of_column.ids(before)) == list(of_objects.ids(before))
    objects = column.to_objects()
    assert list(hash_keys(column)) == list(hash_keys(objects))
    assert list(of_column.ids(column)) == list(of_objects.ids(objects))
    assert len(of_column) == len({*before, *objects})


@pytest.mark.parametrize(
    "keys", [[5] * 300, sorted(range(30)) * 10, [1] * 100 + [2] * 100 + [None] * 100 + ["x"]]
)
def test_constant_and_sorted_keys_have_the_ids_of_any_other_order(keys: list[Any]) -> None:
    keys = sorted(keys, key=encode_key)
    column = Column.from_arrow(pa.array(keys)) if type(keys[-1]) is int else keys
    of_runs, one_by_one = KeyMap(128, 0, 127), KeyMap(128, 0, 127)
    wanted = [one_by_one.ids([key])[0] for key in keys]
    for _ in range(2):
        assert list(of_runs.ids(column)) == wanted


def test_other_types_are_keys_by_their_objects() -> None:
    moment = datetime.datetime(2013, 1, 1, 5, 15)
    column = Column.from_arrow(pa.array([moment, None], pa.timestamp("ms")))
    assert list(hash_keys(column)) == list(hash_keys([moment, None]))


def test_more_keys_than_a_chunk_keep_their_rows() -> None:
    keys = [f"key {row % 700}" for row in range(2_000)]
    key_map = KeyMap(128, 0, 127)
    ids = key_map.ids(Column.from_objects(keys))
    assert [key_map.key(each) for each in ids] == keys


def test_keys_that_are_neither_list_nor_column_are_refused() -> None:
    with pytest.raises(TypeError, match="a list or a Column, not tuple"):
        hash_keys((1, 2))  # type: ignore[arg-type]
