"""Native accumulators against models in Python: any type, nulls, merges, cuts, snapshots."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native import debug
from flinkette._native.accumulators import KIND_NAMES, DistinctSketch, GroupStates, NumberSketch
from flinkette._native.column import Column
from kernels.aggregate_models import (
    FLAT,
    INTS,
    MODELS,
    NUMBERS,
    OPTIONS,
    buffer,
    column,
    is_same,
    quantile,
    variance,
)

GROUPS = 4
BOOLS: dict[pa.DataType, Any] = {pa.bool_(): st.booleans()}
KINDS_OF_VALUES = ("min", "max", "first", "last", "top_n", "collect", "count_distinct", "count")
ROWS = 24


@st.composite
def rows_of(draw: st.DrawFn, types: dict[pa.DataType, Any]) -> tuple[pa.DataType, Any, Any]:
    """Draw a type, values of it with nulls, and the group of each."""
    kind = draw(st.sampled_from(list(types)))
    values = draw(st.lists(st.none() | types[kind], max_size=ROWS))
    groups = draw(st.lists(st.integers(0, GROUPS - 1), min_size=len(values), max_size=len(values)))
    return kind, values, groups


def states_of(kind: str, type_: pa.DataType, *, is_retractable: bool = False) -> GroupStates:
    empty = column([], type_)
    return GroupStates([(kind, empty, OPTIONS.get(kind, 0), 0.0, is_retractable)], GROUPS)


def consume(
    states: GroupStates, type_: pa.DataType, values: list[Any], groups: list[int], cut: int
) -> None:
    """Consume in batches of `cut` rows."""
    for start in range(0, len(values), cut):
        part = slice(start, start + cut)
        states.consume([column(values[part], type_)], buffer(groups[part]), start)


def results(states: GroupStates) -> list[Any]:
    (made,) = states.results()
    return pa.array(made).to_pylist()


def per_group(values: list[Any], groups: list[int]) -> list[list[Any]]:
    return [
        [
            value
            for value, at in zip(values, groups, strict=True)
            if at == group and value is not None
        ]
        for group in range(GROUPS)
    ]


def check(kind: str, got: list[Any], values: list[list[Any]]) -> None:
    for result, given_values in zip(got, values, strict=True):
        expected = MODELS[kind](given_values)
        assert is_same(result, expected), (kind, result, expected, given_values)


@pytest.mark.parametrize("kind", KINDS_OF_VALUES)
@given(drawn=rows_of(FLAT), cut=st.integers(1, ROWS))
def test_values_of_any_type_are_kept_as_the_model_says(kind: str, drawn: Any, cut: int) -> None:
    type_, values, groups = drawn
    values = pa.array(values, type_).to_pylist()
    states = states_of(kind, type_)
    consume(states, type_, values, groups, cut)
    check(kind, results(states), per_group(values, groups))


@given(drawn=rows_of(INTS), cut=st.integers(1, ROWS))
def test_sums_and_means_of_ints_are_exact(drawn: Any, cut: int) -> None:
    type_, values, groups = drawn
    means, sums = states_of("avg", type_), states_of("sum", type_)
    consume(means, type_, values, groups, cut)
    consume(sums, type_, values, groups, cut)
    check("avg", results(means), per_group(values, groups))
    totals = [sum(each) for each in per_group(values, groups)]
    low, high = (0, 2**64 - 1) if pa.types.is_unsigned_integer(type_) else (-(2**63), 2**63 - 1)
    wrong = [total for total in totals if not low <= total <= high]
    if wrong:
        with pytest.raises(OverflowError, match=f"sum: {wrong[0]} does not fit"):
            results(sums)
    else:
        check("sum", results(sums), per_group(values, groups))


@given(drawn=rows_of({each: NUMBERS[each] for each in (pa.float32(), pa.float64())}))
def test_sums_of_floats_add_in_the_order_of_arrival(drawn: Any) -> None:
    type_, values, groups = drawn
    values = pa.array(values, type_).to_pylist()
    states = states_of("sum", type_)
    consume(states, type_, values, groups, 5)
    for result, parts in zip(results(states), per_group(values, groups), strict=True):
        total = None
        for part in parts:
            total = part if total is None else total + part
        assert is_same(result, total)
        if total == 0:
            assert math.copysign(1, result) == math.copysign(1, total)


@given(
    st.lists(st.floats(-1e6, 1e6), max_size=ROWS), st.integers(1, ROWS), st.integers(0, GROUPS - 1)
)
def test_variances_are_those_of_statistics(values: list[float], cut: int, group: int) -> None:
    states = states_of("variance", pa.float64())
    consume(states, pa.float64(), values, [group] * len(values), cut)
    result, expected = results(states)[group], variance(values)
    assert result == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-6))


@pytest.mark.parametrize(
    "kind", [*KINDS_OF_VALUES, "avg", "count_if", "approx_count_distinct", "quantile"]
)
@given(data=st.data())
def test_any_tree_of_merges_gives_what_one_group_gives(kind: str, data: st.DataObject) -> None:
    # Rows spread over the groups as slices have them; arrival numbers go across slices.
    types = INTS if kind in ("avg", "quantile") else BOOLS if kind == "count_if" else FLAT
    if kind == "approx_count_distinct":
        types = {each: types[each] for each in (pa.int64(), pa.string(), pa.float64(), pa.bool_())}
    type_, values, groups = data.draw(rows_of(types))
    values = pa.array(values, type_).to_pylist()
    states, alone = states_of(kind, type_), states_of(kind, type_)
    consume(states, type_, values, groups, 7)
    consume(alone, type_, values, [0] * len(values), ROWS)
    left = list(range(GROUPS))
    while len(left) > 1:
        later = left.pop(data.draw(st.integers(1, len(left) - 1)))
        into = left[data.draw(st.integers(0, len(left) - 1))]
        states.merge(buffer([into]), buffer([later]))
    result, expected = results(states)[left[0]], results(alone)[0]
    assert is_same(result, expected)


@pytest.mark.parametrize("kind", ["count", "count_if", "sum", "avg"])
@given(data=st.data())
def test_subtract_undoes_merge_to_the_last_bit(kind: str, data: st.DataObject) -> None:
    type_, values, groups = data.draw(rows_of(BOOLS if kind == "count_if" else INTS))
    states = states_of(kind, type_)
    assert states.can_subtract == [True]
    consume(states, type_, values, groups, ROWS)
    before = states.snapshot()
    states.merge(buffer([0, 0, 0]), buffer([1, 2, 3]))
    states.subtract(buffer([0, 0, 0]), buffer([1, 2, 3]))
    assert states.snapshot() == before


@pytest.mark.parametrize(
    ("kind", "is_retractable"),
    [
        ("count", False),
        ("count_if", False),
        ("avg", False),
        *((each, True) for each in ("min", "max", "top_n", "count_distinct")),
    ],
)
@given(data=st.data())
def test_rows_that_are_taken_back_leave_no_trace(
    kind: str, is_retractable: bool, data: st.DataObject
) -> None:
    types = INTS if kind == "avg" else {each: FLAT[each] for each in (pa.int32(), pa.string())}
    types = BOOLS if kind == "count_if" else types
    type_, values, groups = data.draw(rows_of(types))
    gone = data.draw(st.lists(st.integers(0, max(len(values) - 1, 0)), unique=True, max_size=ROWS))
    gone = gone if values else []
    states = states_of(kind, type_, is_retractable=is_retractable)
    assert states.can_retract == [True]
    consume(states, type_, values, groups, 5)
    states.retract(
        [column([values[row] for row in gone], type_)], buffer([groups[row] for row in gone])
    )
    kept = [row for row in range(len(values)) if row not in gone]
    expected = per_group([values[row] for row in kept], [groups[row] for row in kept])
    check(kind, results(states), expected)


@pytest.mark.parametrize("kind", sorted({*KIND_NAMES} - {"min_by", "max_by"}))
@given(data=st.data())
def test_a_snapshot_in_the_middle_changes_nothing(kind: str, data: st.DataObject) -> None:
    ints = {each: INTS[each] for each in (pa.int8(), pa.int32())}
    type_, values, groups = data.draw(rows_of(BOOLS if kind == "count_if" else ints))
    cut = data.draw(st.integers(0, len(values)))
    whole, first, second = (states_of(kind, type_) for _ in range(3))
    consume(whole, type_, values, groups, ROWS)
    consume(first, type_, values[:cut], groups[:cut], ROWS)
    second.restore(first.snapshot())
    if cut < len(values):
        second.consume([column(values[cut:], type_)], buffer(groups[cut:]), cut)
    assert second.snapshot() == whole.snapshot() or kind == "count_distinct"
    assert results(second) == results(whole)


@pytest.mark.parametrize("kind", sorted({*KIND_NAMES} - {"min_by", "max_by"}))
@given(
    damage=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_a_damaged_snapshot_is_refused_or_read_without_harm(kind: str, damage: Any) -> None:
    type_ = (
        pa.string() if kind not in ("sum", "avg", "variance", "stddev", "quantile") else pa.int64()
    )
    values = (
        ["a", "b", "b", "a text longer than a short string"]
        if type_ == pa.string()
        else [3, 1, 1, 2]
    )
    if kind == "count_if":
        type_, values = pa.bool_(), [True, False, True, True]
    states = states_of(kind, type_)
    consume(states, type_, values, [0, 0, 1, 1], ROWS)
    data = bytearray(states.snapshot())
    for at, byte in damage:
        data[at % len(data)] = byte
    with contextlib.suppress(ValueError, OverflowError, UnicodeDecodeError, pa.ArrowInvalid):
        states.restore(bytes(data))
        results(states)


@given(st.lists(st.none() | st.integers(-5, 5), max_size=ROWS), st.booleans())
def test_min_by_keeps_the_first_row_of_equal_ones(compared: list[Any], is_max: bool) -> None:
    rows = [{"place": place, "v": value} for place, value in enumerate(compared)]
    type_ = pa.struct([("place", pa.int64()), ("v", pa.int64())])
    states = GroupStates([("max_by" if is_max else "min_by", column([], type_), 1, 0.0, False)], 1)
    consume(states, type_, rows, [0] * len(rows), 3)
    there = [row for row in rows if row["v"] is not None]
    best = max if is_max else min
    expected = best(there, key=lambda row: row["v"], default=None)
    assert pa.array(states.results()[0]).to_pylist() == [expected]


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=60), st.floats(0, 1))
def test_quantiles_of_few_values_are_exact(values: list[float], part: float) -> None:
    states = GroupStates([("quantile", column([], pa.float64()), 0, part, False)], 1)
    consume(states, pa.float64(), values, [0] * len(values), 9)
    sketch = NumberSketch()
    for value in values:
        sketch.add(value)
    expected = quantile(values, part)
    assert is_same(pa.array(states.results()[0]).to_pylist()[0] + 0.0, expected + 0.0)
    assert is_same(sketch.value_at(part) + 0.0, expected + 0.0)


def test_quantiles_of_many_values_are_within_half_a_percent() -> None:
    values = [((row * 2654435761) % 99_991 - 20_000) / 7 for row in range(99_991)]
    ranked = sorted(values)
    for part in (0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0):
        states = GroupStates([("quantile", column([], pa.float64()), 0, part, False)], 1)
        states.consume([column(values, pa.float64())], buffer([0] * len(values)))
        result = pa.array(states.results()[0]).to_pylist()[0]
        assert result == pytest.approx(ranked[round(part * (len(ranked) - 1))], rel=0.0045)


@given(st.lists(st.integers() | st.text() | st.floats() | st.booleans() | st.binary(), max_size=60))
def test_a_sketch_of_objects_counts_few_different_ones_exactly(values: list[Any]) -> None:
    sketch, half = DistinctSketch(14), DistinctSketch(14)
    for at, value in enumerate(values):
        (sketch if at % 2 else half).add(value)
    distinct = len(
        {(type(value), value if value == value else "nan", str(value)) for value in values}
    )
    assert abs(sketch.merge(half).estimate() - distinct) <= 1


@pytest.mark.parametrize("type_", [pa.int64(), pa.string(), pa.float64()], ids=str)
def test_a_sketch_of_a_column_is_that_of_its_objects(type_: pa.DataType) -> None:
    values = pa.array(range(5000)).cast(type_)
    states = GroupStates([("approx_count_distinct", column([], type_), 11, 0.0, False)], 1)
    states.consume([Column.from_arrow(values)], buffer([0] * 5000))
    sketch = DistinctSketch(11)
    for value in values.to_pylist():
        sketch.add(value)
    estimate = pa.array(states.results()[0]).to_pylist()[0]
    assert estimate == sketch.estimate()
    assert estimate == pytest.approx(5000, rel=4 * 1.04 / math.sqrt(2**11))


def test_rows_can_be_chosen_by_number() -> None:
    states = states_of("collect", pa.int64())
    states.consume([column([10, 11, 12], pa.int64())], buffer([0, 1, 0]), 0, buffer([2, 1, 0]))
    assert results(states)[:2] == [[12, 10], [11]]


def test_states_that_own_memory_are_all_freed() -> None:
    before = debug.live()["aggregate"]
    states = states_of("min", pa.string())
    consume(states, pa.string(), ["b", "a", None, "c"], [0, 1, 2, 1], ROWS)
    assert debug.live()["aggregate"] == before + 2
    states.release()
    assert debug.live()["aggregate"] == before
    consume(states, pa.string(), ["b"], [3], ROWS)
    del states
    assert debug.live()["aggregate"] == before


@pytest.mark.parametrize(
    ("definition", "error"),
    [
        (("sum", pa.string(), 0, 0.0), "sum of utf8 has no native accumulator"),
        (("top_n", pa.int64(), 0, 0.0), "n is 0"),
        (("approx_count_distinct", pa.int64(), 3, 0.0), "precision 3 is not in 4..18"),
        (("quantile", pa.int64(), 0, 1.5), "quantile: 1.5 is not in 0..1"),
        (("quantile", pa.int64(), 0, math.nan), "is not in 0..1"),
        (("stddev", pa.int64(), 2, 0.0), "option 2 is neither"),
        (("min_by", pa.int64(), 0, 0.0), "min_by of int64 has no native accumulator"),
        (("sums", pa.int64(), 0, 0.0), "'sums' is no aggregate"),
    ],
)
def test_a_definition_that_cannot_be_made_says_why(definition: Any, error: str) -> None:
    kind, type_, option, parameter = definition
    with pytest.raises((TypeError, ValueError), match=error):
        GroupStates([(kind, column([], type_), option, parameter, False)], 1)
