"""Running aggregates against plain Python."""

from __future__ import annotations

import copy
from collections import namedtuple
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.keys import KeyMap
from flinkette._native.row import Row
from flinkette._native.running import RunningAggregate

NUMBERS = st.one_of(st.integers(), st.integers(2**62, 2**66), st.floats())
ROWS = st.lists(st.tuples(st.integers(0, 4), NUMBERS), max_size=60)
KINDS = st.sampled_from(["sum", "min", "max", "min_by", "max_by", "count", "avg"])


def run(kind: str, keys: list[Any], values: list[Any], position: int | str = 0) -> list[Any]:
    key_map = KeyMap(128, 0, 127)
    return RunningAggregate(kind, position).process(values, key_map.ids(keys), key_map)


def model(kind: str, rows: list[tuple[Any, ...]], at: int) -> list[Any]:
    groups: dict[Any, list[tuple[Any, ...]]] = {}
    results = []
    for row in rows:
        group = groups.setdefault(row[0], [])
        group.append(row)
        best = total = group[0][at]
        kept = group[0]
        for each in group[1:]:
            total = total + each[at]
            better = each[at] < best if kind.startswith("min") else each[at] > best
            best, kept = (each[at], each) if better else (best, kept)
        replaced = total if kind == "sum" else best
        if kind in ("count", "avg"):
            results.append(len(group) if kind == "count" else total / len(group))
        else:
            first = (*group[0][:at], replaced, *group[0][at + 1 :])
            results.append(kept if kind.endswith("_by") else first)
    return results


@given(KINDS, ROWS)
def test_each_row_gets_its_keys_aggregate_so_far(kind: str, rows: list[tuple[int, Any]]) -> None:
    ordered = [(key, value, index) for index, (key, value) in enumerate(rows)]
    results = run(kind, [row[0] for row in ordered], ordered, 1)
    assert repr(results) == repr(model(kind, ordered, 1))


@given(KINDS, ROWS, st.integers(1, 7))
def test_where_batches_are_cut_does_not_show(
    kind: str, rows: list[tuple[int, Any]], size: int
) -> None:
    key_map, aggregate, results = KeyMap(16, 0, 15), RunningAggregate(kind, 1), []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        aggregate.process(part, key_map.ids([key for key, _ in part]), key_map, results)
        key_map.release_batch()
    assert repr(results) == repr(run(kind, [key for key, _ in rows], rows, 1))


def test_ints_that_outgrow_64_bits_become_longer_ints() -> None:
    assert run("sum", ["a", "a"], [2**63 - 1, 2**63 - 1]) == [2**63 - 1, 2**64 - 2]


def test_a_declared_integer_that_overflows_is_an_error_and_changes_nothing() -> None:
    key_map = KeyMap(128, 0, 127)
    ids = key_map.ids(["a"] * 4)
    aggregate = RunningAggregate("sum", 0, integer_bits=32)
    out: list[Any] = []
    with pytest.raises(OverflowError, match="2147483648 does not fit the declared type of 32 bits"):
        aggregate.process([2**31 - 1, 1, -1, 0], ids, key_map, out)
    assert out == [2**31 - 1]
    assert aggregate.process([2**31 - 1, 1, -1, 0], ids, key_map, out, start=2) == [
        2**31 - 1,
        2**31 - 2,
        2**31 - 2,
    ]


def test_only_the_field_of_the_first_record_is_replaced() -> None:
    rows = [("k", 3, "first"), ("k", 1, "second"), ("k", 7, "third")]
    assert run("min", ["k"] * 3, rows, 1) == [
        ("k", 3, "first"),
        ("k", 1, "first"),
        ("k", 1, "first"),
    ]
    assert run("sum", ["k"] * 3, rows, -2)[-1] == ("k", 11, "first")


def test_the_first_of_equal_records_is_kept() -> None:
    rows = [(1, "a"), (1, "b"), (0, "c"), (0, "d")]
    assert run("min_by", ["k"] * 4, rows) == [(1, "a"), (1, "a"), (0, "c"), (0, "c")]
    assert run("max_by", ["k"] * 4, rows) == [(1, "a")] * 4


def test_results_have_the_container_of_the_records() -> None:
    assert run("sum", ["k"] * 2, [["k", 1], ["k", 2]], 1) == [["k", 1], ["k", 3]]
    rows = run("sum", ["k"] * 2, [Row(key="k", n=1), Row(key="k", n=2)], "n")
    assert rows == [Row(key="k", n=1), Row(key="k", n=3)]
    assert run("max", ["k"] * 2, [Row("k", 1), Row("k", 2)], 1)[-1] == Row("k", 2)
    assert run("sum", ["k"] * 2, [Decimal("1.5"), Decimal("2.5")]) == [Decimal("1.5"), Decimal(4)]
    assert run("sum", ["k"] * 2, ["ab", "c"]) == ["ab", "abc"]
    pair = namedtuple("pair", "key n")
    assert run("sum", ["k"] * 2, [pair("k", 1), pair("k", 2)], 1) == [("k", 1), ("k", 3)]


def test_rows_with_other_field_orders_are_read_by_name() -> None:
    rows = [Row(a=1, b=10), Row(b=20, a=2), Row(a=3, b=30)]
    assert run("sum", ["k"] * 3, rows, "b") == [Row(a=1, b=10), Row(a=1, b=30), Row(a=1, b=60)]


@pytest.mark.parametrize("kind", ["sum", "min", "max", "min_by", "max_by"])
@pytest.mark.parametrize("record", [["k", 1, ["x"]], ("k", 1, ["x"]), Row("k", 1, ["x"])])
def test_changing_records_before_or_after_changes_no_other_result(kind: str, record: Any) -> None:
    expected = run(kind, ["k"] * 3, [copy.deepcopy(record) for _ in range(3)], 1)
    key_map, aggregate = KeyMap(128, 0, 127), RunningAggregate(kind, 1)
    untouched = copy.deepcopy(record)
    for row in range(3):
        values = [copy.deepcopy(record) if row else record]
        (result,) = aggregate.process(values, key_map.ids(["k"]), key_map)
        assert result == expected[row]
        assert record == untouched
        result[2].append("changed")


def test_the_aggregate_holds_its_keys() -> None:
    key_map, aggregate = KeyMap(128, 0, 127), RunningAggregate("count")
    ids = key_map.ids(["a", "b", "a"])
    assert aggregate.process([0, 0, 0], ids, key_map) == [1, 1, 2]
    key_map.release_batch()
    assert [key_map.references(each) for each in ids] == [1, 1, 1]


@pytest.mark.parametrize(
    ("record", "position", "message"),
    [
        ((1, 2), 2, r"the tuple has 2 fields; use an index 0\.\.1"),
        ((1, 2), "n", "a tuple has no field names"),
        (7, 1, "a value of type int has no fields"),
        (7, "n", "a value of type int has no fields"),
        (Row(a=1), "n", "the Row's fields are a"),
        (Row(1), "n", "the Row has no field names"),
    ],
)
def test_a_position_that_a_record_lacks_is_an_error(
    record: Any, position: int | str, message: str
) -> None:
    with pytest.raises((TypeError, IndexError, ValueError), match=message):
        run("sum", ["k"], [record], position)


def test_an_unknown_aggregate_or_position_is_refused() -> None:
    with pytest.raises(ValueError, match="'median' is not a running aggregate"):
        RunningAggregate("median")
    with pytest.raises(TypeError, match=r"an int index or a field name, not 1\.5"):
        RunningAggregate("sum", 1.5)  # type: ignore[arg-type]


def test_an_error_of_the_users_type_leaves_the_key_as_it_was() -> None:
    key_map, aggregate, out = KeyMap(128, 0, 127), RunningAggregate("sum"), []
    ids = key_map.ids(["k"] * 3)
    with pytest.raises(TypeError, match="unsupported operand"):
        aggregate.process([1, "x", 2], ids, key_map, out)
    assert aggregate.process([1, "x", 2], ids, key_map, out, start=2) == [1, 3]
