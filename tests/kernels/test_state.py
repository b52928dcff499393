"""Keyed state against dictionaries: values per key, undo of a row, and the ids state holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.broadcast import BroadcastState, ReadOnlyBroadcastState
from flinkette._native.expiring_state import ExpiringMapState, ExpiryRule, expiring_column
from flinkette._native.keys import hash_keys
from flinkette._native.rows import Stage
from flinkette._native.state import DeclaredValue, FoldingState, ListState, MapState, ValueState
from flinkette._native.values import make_converter
from flinkette.common import Types
from kernels.row_programs import Keyed, drain, program

KINDS = ("value", "list", "map", "sum", "gather")
STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.lists(
            st.tuples(
                st.sampled_from(KINDS),
                st.sampled_from(["set", "add", "change", "remove", "clear"]),
                st.integers(0, 4),
            ),
            max_size=4,
        ),
        st.booleans(),
    ),
    max_size=20,
)


class States:
    """One state of each kind, and what it should hold for each key."""

    def __init__(self, keyed: Keyed) -> None:
        column = keyed.context.column
        self.value = ValueState(column("value"))
        self.list = ListState(column("list"))
        self.map = MapState(column("map"))
        self.sum = FoldingState(column("sum"), None, lambda a, b: a + b, None)
        self.gather = FoldingState(column("gather"), list, gather, len)

    def apply(self, kind: str, step: str, n: int) -> None:
        state = getattr(self, kind)
        if step == "clear":
            state.clear()
        elif kind == "value":
            if step == "change" and state.value() is not None:
                state.value().append(n)
            elif step != "change":
                state.update(None if step == "remove" else [n])
        elif kind == "list":
            state.update([n] * (n % 3)) if step == "set" else state.add([n])
        elif kind == "map":
            if step == "remove":
                state.remove(n)
            elif step == "change" and n in state:
                state.get(n).append(n)
            else:
                state.put(n, [n])
        else:
            state.add(n)

    def seen(self) -> list[Any]:
        return [
            self.value.value(),
            self.list.get(),
            dict(self.map.items()),
            self.sum.get(),
            self.gather.get(),
        ]


def gather(value: int, accumulator: list[int]) -> list[int]:
    accumulator.append(value)
    return accumulator


def apply_model(held: dict[str, Any], kind: str, step: str, n: int) -> None:  # noqa: C901
    if step == "clear" or (kind == "value" and step == "remove"):
        held.pop(kind, None)
    elif kind == "value":
        if step != "change":
            held[kind] = [n]
        elif kind in held:
            held[kind].append(n)
    elif kind == "list" and step == "set":
        held[kind] = [n] * (n % 3)
    elif kind == "map" and step == "remove":
        held.get(kind, {}).pop(n, None)
    elif kind == "map" and step == "change" and n in held.get(kind, {}):
        held[kind][n].append(n)
    elif kind == "map":
        held.setdefault(kind, {})[n] = [n]
    elif kind == "sum":
        held[kind] = held.get(kind, 0) + n
    else:
        held.setdefault(kind, []).append([n] if kind == "list" else n)
    if kind in held and held[kind] in ([], {}) and kind != "gather":
        del held[kind]


def expected(held: dict[str, Any]) -> list[Any]:
    gathered = held.get("gather")
    return [
        held.get("value"),
        held.get("list", []),
        held.get("map", {}),
        held.get("sum"),
        None if gathered is None else len(gathered),
    ]


@given(STEPS, st.booleans())
def test_every_key_has_its_own_state_and_a_row_that_raises_leaves_none_behind(
    rows: list[tuple[int, list[tuple[str, str, int]], bool]], step_wise: bool
) -> None:
    import copy

    keyed = Keyed()
    states = States(keyed)
    model: dict[int, dict[str, Any]] = {}
    wanted: list[Any] = []

    def on_row(row: tuple[Any, bool]) -> list[Any]:
        steps, is_failing = row
        for step in steps:
            states.apply(*step)
        if is_failing:
            raise ValueError
        return [copy.deepcopy(states.seen())]

    for key, steps, is_failing in rows:
        before = copy.deepcopy(model.setdefault(key, {}))
        for step in steps:
            apply_model(model[key], *step)
        if is_failing:
            model[key] = before
        else:
            wanted.append(copy.deepcopy(expected(model[key])))
    made = program([Stage("flat_map", on_row, error_action="skip")], keys=keyed.context)
    keyed.load(made, [row[1:] for row in rows], [row[0] for row in rows])
    assert [value for value, _ in drain(made, step_wise=step_wise)[None]] == wanted
    keyed.map.release_batch()
    assert keyed.live_keys() == sum(bool(held) for held in model.values())


@pytest.fixture
def keyed() -> Keyed:
    return Keyed()


def with_key(keyed: Keyed, key: Any) -> None:
    keyed.context.set_key(next(iter(keyed.map.ids([key], hash_keys([key])))))


def test_state_outside_rows_says_where_it_may_be_used(keyed: Keyed) -> None:
    with pytest.raises(RuntimeError, match="not in open"):
        ValueState(keyed.context.column("v")).value()
    with pytest.raises(RuntimeError, match="not in open"):
        keyed.context.current_key()


def test_a_value_keeps_its_key_and_none_lets_it_go(keyed: Keyed) -> None:
    state = ValueState(keyed.context.column("v"))
    with_key(keyed, "a")
    state.update(0)
    keyed.map.release_batch()
    assert keyed.live_keys() == 1
    assert state.value() == 0
    with_key(keyed, "a")
    state.update(None)
    state.clear()
    keyed.map.release_batch()
    assert keyed.live_keys() == 0


def test_the_same_name_is_the_same_state(keyed: Keyed) -> None:
    with_key(keyed, "a")
    ValueState(keyed.context.column("v")).update(1)
    assert ValueState(keyed.context.column("v")).value() == 1
    assert ValueState(keyed.context.column("w")).value() is None


def test_a_list_that_was_read_does_not_change_with_the_state(keyed: Keyed) -> None:
    state = ListState(keyed.context.column("v"))
    with_key(keyed, "a")
    state.add_all([1, 2])
    read = state.get()
    state.add(3)
    assert (read, state.get(), list(state)) == ([1, 2], [1, 2, 3], [1, 2, 3])
    state.update([])
    assert state.get() == []


def test_a_map_may_be_changed_while_it_is_read(keyed: Keyed) -> None:
    state = MapState(keyed.context.column("v"))
    with_key(keyed, "a")
    assert (state.is_empty(), state.get(1), 1 in state) == (True, None, False)
    state.put_all({1: "a", 2: "b"})
    for key in state.keys():  # noqa: SIM118 - the method is what is tested
        state.remove(key)
    assert state.is_empty()
    state[3] = "c"
    assert (state[3], state.contains(3), list(state), list(state.values())) == (
        "c",
        True,
        [3],
        ["c"],
    )
    del state[3]
    assert list(state.items()) == []


def test_a_converter_sees_every_value_that_goes_in(keyed: Keyed) -> None:
    with_key(keyed, "a")
    value = ValueState(keyed.context.column("v"), float)
    value.update(1)
    assert type(value.value()) is float
    many = ListState(keyed.context.column("l"), str)
    many.add(1)
    many.update([2, 3])
    assert many.get() == ["2", "3"]
    entries = MapState(keyed.context.column("m"), str, float)
    entries.put(1, 2)
    assert list(entries.items()) == [("1", 2.0)]


def test_an_id_that_is_handed_out_again_starts_without_state(keyed: Keyed) -> None:
    state = ValueState(keyed.context.column("v"))
    for key in range(300):
        with_key(keyed, key)
        assert state.value() is None
        state.update(key)
        state.clear()
        keyed.map.release_batch()
    assert keyed.map.capacity <= 128 * 64


def expiring(keyed: Keyed) -> ExpiringMapState:
    rule = ExpiryRule("entries", 10, False, False, 0, False)
    return ExpiringMapState(expiring_column(keyed.context, "v", rule, lambda: 1000))


def declared(spec: Any) -> DeclaredValue:
    return DeclaredValue(make_converter(spec), "state 'v'")


@pytest.mark.parametrize("is_expiring", [False, True])
def test_a_map_is_asked_in_the_type_of_its_keys_and_may_hold_none(
    keyed: Keyed, is_expiring: bool
) -> None:
    converters = declared(Types.FLOAT().type_spec()), declared(Types.LONG().type_spec())
    if is_expiring:
        rule = ExpiryRule("entries", 10, False, False, 0, False)
        column = expiring_column(keyed.context, "v", rule, lambda: 1000)
        state: Any = ExpiringMapState(column, *converters)
    else:
        state = MapState(keyed.context.column("v"), *converters)
    with_key(keyed, "k")
    state.put(0.1, 1)
    assert state.contains(0.1)
    assert state.get(0.1) == 1
    assert 0.2 not in state
    assert not state.contains("x")
    assert state.get("x") is None
    state.remove("x")
    state.remove(0.1)
    assert state.is_empty()
    state.put(0.5, None)
    assert state.contains(0.5)
    assert list(state.items()) == [(0.5, None)]


@pytest.mark.parametrize(
    "make",
    [
        lambda keyed: MapState(keyed.context.column("v")),
        expiring,
        lambda keyed: BroadcastState("v"),
    ],
    ids=["map", "expiring map", "broadcast"],
)
def test_all_maps_are_written_and_read_by_the_same_syntax(keyed: Keyed, make: Any) -> None:
    state = make(keyed)
    with_key(keyed, "a")
    state[1], state[2] = "one", "two"
    del state[1]
    assert (state[2], state[1], 2 in state, 1 in state, list(state)) == (
        "two",
        None,
        True,
        False,
        [2],
    )


def test_the_side_that_only_reads_broadcast_state_has_the_syntax_of_reading() -> None:
    written = BroadcastState("v")
    written["a"] = 1
    state = ReadOnlyBroadcastState(written)
    assert (state["a"], state["b"], "a" in state, list(state)) == (1, None, True, ["a"])
    with pytest.raises(RuntimeError, match=r"put\(\) on the broadcast state 'v'"):
        state["a"] = 2
    with pytest.raises(RuntimeError, match=r"remove\(\) on the broadcast state 'v'"):
        del state["a"]
