"""Keyed state with a time to live against a model that follows Flink's rules, under a set clock."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkette._native.expiring_state import (
    ExpiringFoldingState,
    ExpiringListState,
    ExpiringMapState,
    ExpiringValueState,
    ExpiryRule,
    expiring_column,
)
from flinkette._native.rows import Stage
from kernels.row_programs import Keyed, drain, program

TTL_MS = 10
PARTS = {
    "value": "whole",
    "sum": "whole",
    "gather": "whole",
    "list": "elements",
    "map": "entries",
}
STEPS = {
    "value": ["set", "read", "clear"],
    "sum": ["add", "read", "clear"],
    "gather": ["add", "read", "clear"],
    "list": ["add", "set", "read", "clear"],
    "map": ["put", "get", "contains", "remove", "read", "keys", "is_empty", "clear"],
}


def rule(kind: str, reads_count: bool, shows_expired: bool, cleanup_size: int = 0) -> ExpiryRule:
    return ExpiryRule(PARTS[kind], TTL_MS, reads_count, shows_expired, cleanup_size, False)


class Expiring:
    """One state of a kind that lives for TTL_MS, in a program that skips rows that fail."""

    def __init__(self, kind: str, rule: ExpiryRule) -> None:
        self.kind = kind
        self.now_ms = 1000
        self.keyed = Keyed()
        column = expiring_column(self.keyed.context, "state", rule, lambda: self.now_ms)
        self.state: Any = {
            "value": lambda: ExpiringValueState(column),
            "list": lambda: ExpiringListState(column),
            "map": lambda: ExpiringMapState(column),
            "sum": lambda: ExpiringFoldingState(column, None, lambda a, b: a + b, None),
            "gather": lambda: ExpiringFoldingState(
                column, list, lambda value, gathered: [*gathered, value], tuple
            ),
        }[kind]()
        self.program = program(
            [Stage("flat_map", self._on_row, error_action="skip")], keys=self.keyed.context
        )

    def _on_row(self, row: tuple[list[tuple[str, int]], bool]) -> list[Any]:
        steps, is_failing = row
        seen = [self.step(*step) for step in steps]
        if is_failing:
            raise ValueError
        return [seen]

    def step(self, step: str, n: int) -> Any:
        state = self.state
        if self.kind == "value" and step != "clear":
            return state.value() if step == "read" else state.update(n)
        if self.kind == "map":
            if step == "put":
                return state.put(n % 3, n)
            if step in ("get", "contains", "remove"):
                return getattr(state, step)(n % 3)
            if step == "is_empty":
                return state.is_empty()
            if step != "clear":
                return list(state.items() if step == "read" else state.keys())
        if step == "set":
            return state.update([n] * (n % 3))
        return {"read": lambda: state.get(), "add": lambda: state.add(n), "clear": state.clear}[
            step
        ]()

    def run(self, key: int, steps: list[tuple[str, int]], *, is_failing: bool = False) -> Any:
        """What the steps returned in a row of `key`; None if the row failed."""
        self.keyed.load(self.program, [(steps, is_failing)], [key])
        made = drain(self.program)[None]
        self.keyed.map.release_batch()
        return made[0][0] if made else None


class Model:
    """Flink's TtlValueState, TtlListState, TtlMapState and so on, for one key.

    `parts` is {part: [value, time of its last touch]}.
    """

    def __init__(self, kind: str, rule: ExpiryRule) -> None:
        self.kind, self.rule, self.now_ms = kind, rule, 0
        self.parts: dict[Any, list[Any]] = {}

    def look(self, part: Any) -> Any:
        """Value of a part or None; what has expired is gone afterwards."""
        if part not in self.parts:
            return None
        value, time = self.parts[part]
        if self.now_ms - time >= self.rule.ttl_ms:
            del self.parts[part]
            return value if self.rule.shows_expired else None
        if self.rule.reads_count:
            self.parts[part][1] = self.now_ms
        return value

    def put(self, part: Any, value: Any) -> None:
        self.parts[part] = [value, self.now_ms]

    def elements(self) -> list[Any]:
        """A list lets go of its elements when all have expired, or when reading renews the rest."""
        live = {
            part: held
            for part, held in self.parts.items()
            if self.now_ms - held[1] < self.rule.ttl_ms
        }
        shown = self.parts if self.rule.shows_expired else live
        values = [value for value, _ in shown.values()]
        if self.rule.reads_count:
            live = {part: [value, self.now_ms] for part, (value, _) in live.items()}
        if self.rule.reads_count or not live or not self.rule.shows_expired:
            self.parts = live
        return values

    def step(self, step: str, n: int) -> Any:  # noqa: C901
        if step == "clear":
            self.parts = {}
        elif self.kind == "list":
            if step == "read":
                return self.elements()
            if step == "set":
                self.parts = {}
            for _ in range(1 if step == "add" else n % 3):
                self.put(object(), n)
        elif self.kind == "map":
            if step in ("get", "contains"):
                value = self.look(n % 3)
                return value if step == "get" else value is not None
            if step == "is_empty":
                peek = copy.deepcopy(self)
                return not [part for part in self.parts if peek.look(part) is not None]
            if step in ("read", "keys"):
                seen = [(part, self.look(part)) for part in list(self.parts)]
                pairs = [pair for pair in seen if pair[1] is not None]
                return pairs if step == "read" else [part for part, _ in pairs]
            if step == "put" and n % 3 in self.parts:
                self.parts[n % 3][:] = [n, self.now_ms]
            elif step == "put":
                self.put(n % 3, n)
            else:
                self.parts.pop(n % 3, None)
        elif step == "set":
            self.put(None, n)
        else:
            before = self.look(None)
            if step == "read":
                return before
            empty: Any = 0 if self.kind == "sum" else ()
            self.put(None, (before or empty) + (n if self.kind == "sum" else (n,)))
        return None


def rows_of(kind: str) -> Any:
    steps = st.lists(
        st.tuples(st.sampled_from(STEPS[kind]), st.integers(1, 6)), min_size=1, max_size=4
    )
    # waits around the time to live, where being one off shows
    waits = st.sampled_from([0, 0, 1, 4, 5, 9, 10, 11])
    return st.lists(st.tuples(waits, st.integers(0, 2), steps, st.booleans()), max_size=12)


@pytest.mark.parametrize("shows_expired", [False, True])
@pytest.mark.parametrize("reads_count", [False, True])
@pytest.mark.parametrize("kind", list(STEPS))
@settings(max_examples=40)
@given(data=st.data())
def test_state_expires_as_in_flink_and_a_row_that_raises_changes_no_time(
    data: st.DataObject, kind: str, reads_count: bool, shows_expired: bool
) -> None:
    # cleaning cannot be seen where expired values are hidden; where they are shown it can
    size = 0 if shows_expired else data.draw(st.integers(0, 3))
    how = rule(kind, reads_count, shows_expired, size)
    expiring = Expiring(kind, how)
    models = {key: Model(kind, how) for key in range(3)}
    for wait, key, steps, is_failing in data.draw(rows_of(kind)):
        expiring.now_ms += wait
        model = copy.deepcopy(models[key])
        model.now_ms = expiring.now_ms
        wanted = [model.step(*step) for step in steps]
        seen = expiring.run(key, steps, is_failing=is_failing)
        if is_failing:
            assert seen is None
        else:
            assert seen == wanted
            models[key] = model
    stored = sum(bool(model.parts) for model in models.values())
    live = expiring.keyed.live_keys()
    assert live <= stored if size else live == stored


WRITE = {"value": "set", "list": "add", "map": "put", "sum": "add", "gather": "add"}


@pytest.mark.parametrize("kind", list(STEPS))
def test_what_nobody_reads_is_freed_a_few_keys_for_each_access(kind: str) -> None:
    expiring = Expiring(kind, rule(kind, False, False, 5))
    writes = [(WRITE[kind], 1)]
    for key in range(1000):
        expiring.run(key, writes)
    assert expiring.keyed.live_keys() == 1000
    capacity = expiring.keyed.map.capacity
    expiring.now_ms += TTL_MS
    freed = []
    # each access lets the next turn look at five keys; 999999 is one of them
    while expiring.keyed.live_keys() > 1:
        before = expiring.keyed.live_keys()
        expiring.run(999_999, writes)
        freed.append(before - expiring.keyed.live_keys())
    assert max(freed) == 5
    assert len(freed) < 1000
    for key in range(1000, 2000):
        expiring.run(key, writes)
    assert expiring.keyed.map.capacity <= capacity * 5 // 4, "freed ids are handed out again"


@pytest.mark.parametrize("kind", list(STEPS))
def test_without_clean_up_what_nobody_reads_stays(kind: str) -> None:
    expiring = Expiring(kind, rule(kind, False, False, 0))
    writes = [(WRITE[kind], 1)]
    for key in range(10):
        expiring.run(key, writes)
    expiring.now_ms += TTL_MS
    for _ in range(100):
        expiring.run(999_999, writes)
    assert expiring.keyed.live_keys() == 11


@pytest.mark.parametrize("kind", ["list", "map"])
def test_parts_that_expired_are_freed_while_others_of_the_key_live(kind: str) -> None:
    # with visible expired values what is still stored shows
    expiring = Expiring(kind, rule(kind, False, True, 5))
    expiring.run(1, [(WRITE[kind], 1)])
    expiring.now_ms += TTL_MS - 1
    expiring.run(1, [(WRITE[kind], 2)])
    expiring.now_ms += 1
    for _ in range(100):
        expiring.run(2, [(WRITE[kind], 3)])
    assert expiring.run(1, [("read", 0)]) == [[2] if kind == "list" else [(2, 2)]]


def test_rows_that_do_not_use_the_state_clean_it_up_if_every_record_shall() -> None:
    for cleans_for_every_row in (False, True):
        how = ExpiryRule("whole", TTL_MS, False, False, 5, cleans_for_every_row)
        expiring = Expiring("value", how)
        for key in range(100):
            expiring.run(key, [("set", 1)])
        expiring.now_ms += TTL_MS
        for _ in range(1000):
            expiring.run(999_999, [])
        # the last write was an access
        live = expiring.keyed.live_keys()
        assert live == 0 if cleans_for_every_row else live >= 95


def test_a_row_skipped_after_a_turn_cleaned_its_value_gets_it_back_and_no_more() -> None:
    expiring = Expiring("value", rule("value", False, True, 5))
    expiring.run(1, [("set", 7)])

    def on_row(row: Any) -> Any:
        expiring.state.update(8)
        yield 1
        # a turn ended at the value above; the next one finds that 8 has expired
        raise ValueError

    made = program([Stage("flat_map", on_row, error_action="skip")], keys=expiring.keyed.context)
    expiring.keyed.load(made, ["row"], [1])
    made.run(2**62, 1)
    expiring.now_ms += TTL_MS
    assert drain(made) == {None: [(1, -(2**63))]}
    expiring.keyed.map.release_batch()
    assert expiring.run(1, [("read", 0)]) == [7]
    assert expiring.run(1, [("read", 0)]) == [None]
    assert expiring.keyed.live_keys() == 0


def test_the_longest_time_to_live_never_ends() -> None:
    expiring = Expiring("value", ExpiryRule("whole", 2**63 - 1, False, False, 5, True))
    for now_ms in (0, 1, 2**62):
        expiring.now_ms = now_ms
        expiring.run(1, [("set", 1)])
        assert expiring.run(1, [("read", 0)]) == [1]
