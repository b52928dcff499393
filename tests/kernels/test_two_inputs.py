"""Row programs with two first stages, and the state that only one of them may write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.broadcast import BroadcastStates
from flinkette._native.rows import Stage
from flinkette._native.values import make_converter
from kernels.row_programs import Keyed, drain, program

BATCHES = st.lists(
    st.tuples(st.integers(0, 1), st.lists(st.integers(0, 9), max_size=6)), max_size=8
)


@given(BATCHES, st.booleans())
def test_each_batch_begins_at_the_stage_of_its_input(batches: list[Any], step_wise: bool) -> None:
    log: list[Any] = []

    def first(value: int) -> Any:
        log.append(("first", value))
        return None if value % 3 == 0 else value

    def second(value: int) -> Any:
        log.append(("second", value))
        yield from range(value % 3)

    heads = (Stage("co_map", first), Stage("flat_map", second))
    made = program([heads[0], Stage("map", lambda value: [value])], heads=heads)
    found: list[Any] = []
    for index, rows in batches:
        made.select_input(index)
        made.load(Batch.from_objects(rows))
        found += [value for value, _ in drain(made, step_wise=step_wise)[None]]
    expected: list[Any] = []
    for index, rows in batches:
        for row in rows:
            expected += [[row]] if index == 0 and row % 3 else []
            expected += [[each] for each in range(row % 3)] if index == 1 else []
    assert found == expected
    assert log == [("second" if index else "first", row) for index, rows in batches for row in rows]


def test_what_a_head_makes_is_converted_and_copied() -> None:
    kept: list[Any] = []

    def keep(value: int) -> Any:
        kept.append(value)
        return kept

    convert = make_converter(("string",))
    heads = (Stage("co_map", keep), Stage("co_map", str, converter=convert))
    made = program([heads[0]], heads=heads)
    made.load(Batch.from_objects([1, 2]))
    assert drain(made)[None] == [([1], -(2**63)), ([1, 2], -(2**63))]
    made.select_input(1)
    made.load(Batch.from_objects([1]))
    assert drain(made)[None] == [("1", -(2**63))]


def test_an_error_and_a_timer_belong_to_the_input_at_work() -> None:
    keyed = Keyed()

    def register(value: int, ctx: Any) -> Any:
        if value < 0:
            raise ValueError(value)
        ctx.timer_service().register_event_time_timer(value)

    def on_timer(time: int, ctx: Any) -> Any:
        yield time, ctx.get_current_key()

    heads = tuple(Stage("process", register, on_timer=on_timer, info=name) for name in "ab")
    made = program([heads[0]], keys=keyed.context, heads=heads)
    for index in (0, 1):
        made.select_input(index)
        keyed.load(made, [5 + index], ["k"])
        drain(made)
    made.load_event_timers(9)
    assert [value for value, _ in drain(made)[None]] == [(5, "k"), (6, "k")]
    keyed.load(made, [-1], ["k"])
    assert drain(made, take_failed=True)["failure"][0] == "b"
    del made, heads
    assert keyed.live_keys() == 0


def test_broadcast_states_are_dicts_by_name_and_read_only_for_the_other_side() -> None:
    states = BroadcastStates(["rules", "notes"], is_logging=False)
    rules, seen = states.writable("rules"), states.read_only("rules")
    rules.put("a", 1)
    rules["b"] = 2
    rules.put_all({"c": 3, "a": 4})
    del rules["b"]
    rules.remove("nothing")
    for state in (rules, seen):
        assert (state.get("a"), state["b"], state["c"]) == (4, None, 3)
        assert "a" in state
        assert state.contains("c")
        assert not state.is_empty()
        assert sorted(state.items()) == [("a", 4), ("c", 3)]
        assert sorted(state) == sorted(state.keys()) == ["a", "c"]
        assert sorted(state.values()) == [3, 4]
    assert states.read_only("notes").is_empty()
    for write in (
        lambda: seen.put("a", 1),
        lambda: seen.put_all({}),
        lambda: seen.remove("a"),
        lambda: seen.clear(),
        lambda: seen.__setitem__("a", 1),
        lambda: seen.__delitem__("a"),
    ):
        with pytest.raises(RuntimeError, match="on the broadcast state 'rules' from the side that"):
            write()
    with pytest.raises(KeyError):
        states.writable("rulez")
    rules.clear()
    assert seen.is_empty()
