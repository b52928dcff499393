"""Running aggregates over columns against the same over objects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.buffer import Uint32Buffer
from flinkette._native.column import Column
from flinkette._native.keys import KeyMap
from flinkette._native.running import RunningAggregate

KINDS = st.sampled_from(["sum", "min", "max", "min_by", "max_by", "count", "avg"])
INTS = st.lists(st.integers(-9, 9) | st.integers(-(2**63), 2**63 - 1), max_size=20)
FLOATS = st.lists(st.floats(), max_size=20)


def process(
    aggregate: RunningAggregate,
    values: Column,
    ids: Uint32Buffer,
    key_map: KeyMap,
    out: list[Any] | None = None,
) -> Column | list[Any]:
    """As a column as far as that goes, then as objects."""
    out = [] if out is None else out
    done = aggregate.process_column(values, ids, key_map)
    if done is not None and done.length == values.length:
        return done
    if done is not None:
        out += done.to_objects()
    start = 0 if done is None else done.length
    return aggregate.process(values.to_objects(), ids, key_map, out, start)


def objects_of(results: Column | list[Any]) -> list[Any]:
    return results.to_objects() if isinstance(results, Column) else results


@given(KINDS, st.lists(INTS | FLOATS, max_size=5), st.data())
def test_columns_give_what_their_objects_give(
    kind: str, batches: list[list[Any]], data: st.DataObject
) -> None:
    maps = KeyMap(16, 0, 15), KeyMap(16, 0, 15)
    typed, plain = RunningAggregate(kind), RunningAggregate(kind)
    for values in batches:
        keys = [data.draw(st.integers(0, 3)) for _ in values]
        column = Column.from_objects(values)
        results = process(typed, column, maps[0].ids(keys), maps[0])
        expected = plain.process(values, maps[1].ids(keys), maps[1])
        assert repr(objects_of(results)) == repr(expected)
        for each in maps:
            each.release_batch()
    ids = [list(each.ids([0, 1, 2, 3])) for each in maps]
    references = [[each.references(at) for at in row] for each, row in zip(maps, ids, strict=True)]
    assert references[0] == references[1]


def run(aggregate: RunningAggregate, values: list[Any], key_map: KeyMap) -> Column | list[Any]:
    ids = key_map.ids(["k"] * len(values))
    return process(aggregate, Column.from_objects(values), ids, key_map)


def test_ints_and_floats_without_nulls_stay_columns() -> None:
    key_map = KeyMap(128, 0, 127)
    assert isinstance(run(RunningAggregate("sum"), [1, 2], key_map), Column)
    assert isinstance(run(RunningAggregate("avg"), [1, 2], key_map), Column)
    assert isinstance(run(RunningAggregate("max"), [1.5, 2.5], key_map), Column)


def test_an_int_that_leaves_64_bits_goes_on_as_a_longer_int() -> None:
    key_map, aggregate = KeyMap(128, 0, 127), RunningAggregate("sum")
    assert isinstance(run(aggregate, [2**62], key_map), Column)
    assert run(aggregate, [2**62 - 1, 2**62, 1], key_map) == [2**63 - 1, 3 * 2**62 - 1, 3 * 2**62]
    assert run(aggregate, [-(2**62)], key_map) == [2**63]


def test_a_declared_long_that_overflows_is_an_error_after_the_rows_before_it() -> None:
    key_map, aggregate, out = KeyMap(128, 0, 127), RunningAggregate("sum", integer_bits=64), []
    ids = key_map.ids(["k"] * 3)
    column = Column.from_objects([2**63 - 1, 1, -1])
    with pytest.raises(OverflowError, match="does not fit the declared type of 64 bits"):
        process(aggregate, column, ids, key_map, out)
    assert out == [2**63 - 1]
    assert process(aggregate, column.slice(2, 3), ids.slice(2, 3), key_map) == [2**63 - 2]


def test_a_column_with_nulls_is_an_error_at_the_null_as_for_objects() -> None:
    key_map, out = KeyMap(128, 0, 127), []
    column, ids = Column.from_objects([1, None]), key_map.ids(["k", "k"])
    with pytest.raises(TypeError, match="unsupported operand"):
        process(RunningAggregate("sum"), column, ids, key_map, out)
    assert out == [1]


def test_rows_of_a_list_follow_rows_of_a_column() -> None:
    key_map, aggregate = KeyMap(128, 0, 127), RunningAggregate("min")
    ids = key_map.ids(["k"])
    assert objects_of(process(aggregate, Column.from_objects([3]), ids, key_map)) == [3]
    assert aggregate.process([2.5], ids, key_map) == [2.5]
    assert process(aggregate, Column.from_objects([7]), ids, key_map) == [2.5]


def test_a_key_id_that_is_not_in_use_is_refused() -> None:
    ids = KeyMap(128, 0, 127).ids(["a", "b"])
    with pytest.raises(IndexError, match="row 0 has the key id"):
        RunningAggregate("sum").process_column(
            Column.from_objects([1, 2]), ids, KeyMap(128, 0, 127)
        )
