"""Row programs against a recursive model: order, copies, side outputs, errors, resumability."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.rows import FULL, MORE, Stage, choose_receivers, copy_batch
from flinkette._native.values import make_converter
from kernels.row_programs import FAR_NS, NO_TIME, Keyed, Tag, drain, program, run_rows

LATE = Tag("late")
KINDS = ("map", "filter", "flat_map", "process", "timestamp")
Stages = list[tuple[str, int]]
CHAINS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3)), max_size=5)
ROWS = st.lists(st.tuples(st.integers(-5, 20), st.sampled_from([NO_TIME, 0, 7, 100])), max_size=30)


def function(kind: str, n: int, log: list[Any], position: int) -> Callable[..., Any]:
    """The user's function of a stage; it writes down that it was called."""

    def seen(value: int) -> int:
        log.append((position, value))
        return value

    def process(value: int, ctx: Any) -> Iterator[Any]:
        for turn in range(seen(value) % (n + 1)):
            yield (LATE, value) if turn % 2 else value + turn
        if ctx.timestamp() != NO_TIME:
            yield ctx.timestamp()

    return {
        "map": lambda value: seen(value) * 2 + n,
        "filter": lambda value: seen(value) % (n + 2) != 0,
        "flat_map": lambda value: [value + turn for turn in range(seen(value) % (n + 1))],
        "process": process,
        "timestamp": lambda value, time: (seen(value), time // 2 + n)[1],
    }[kind]


def model(stages: Stages, rows: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Depth first: each value goes through all the rest before the next one is made."""
    main: list[Any] = []
    side: list[Any] = []
    log: list[Any] = []

    def go(value: int, time: int, at: int) -> None:
        if at == len(stages):
            main.append((value, time))
            return
        (kind, n), _ = stages[at], log.append((at, value))
        copies = range(value % (n + 1))
        if kind == "map":
            go(value * 2 + n, time, at + 1)
        elif kind == "timestamp":
            go(value, time // 2 + n, at + 1)
        elif kind == "flat_map":
            [go(value + turn, time, at + 1) for turn in copies]
        elif kind == "process":
            [side.append((value, time)) if t % 2 else go(value + t, time, at + 1) for t in copies]
            go(time, time, at + 1) if time != NO_TIME else None
        elif value % (n + 2):
            go(value, time, at + 1)

    [go(value, time, 0) for value, time in rows]
    return main, side, log


@given(CHAINS, ROWS, st.booleans())
def test_a_chain_runs_depth_first_whether_or_not_it_is_interrupted(
    stages: Stages, rows: list[tuple[int, int]], step_wise: bool
) -> None:
    log: list[Any] = []
    made = program([Stage(kind, function(kind, n, log, at)) for at, (kind, n) in enumerate(stages)])
    found = run_rows(
        made, [row for row, _ in rows], [time for _, time in rows], step_wise=step_wise
    )
    assert (found[None], found.get(LATE, []), log) == model(stages, rows)


def test_two_functions_take_turns_row_by_row() -> None:
    calls: list[str] = []
    stages = [
        Stage("map", lambda row: calls.append(f"f{row}") or row),
        Stage("map", lambda row: calls.append(f"g{row}") or row),
    ]
    run_rows(program(stages), [1, 2])
    assert calls == ["f1", "g1", "f2", "g2"]


def test_a_full_output_stops_a_generator_and_the_next_run_goes_on_with_it() -> None:
    pulled: list[int] = []
    made = program([Stage("flat_map", lambda n: (pulled.append(i) or i for i in range(n)))])
    made.load(Batch.from_objects([10]))
    assert made.run(FAR_NS, 3) == FULL
    assert made.take().objects() == [0, 1, 2]
    assert pulled == [0, 1, 2]
    assert made.run(FAR_NS, 3) == FULL
    assert made.take().objects() == [3, 4, 5]


def test_a_deadline_that_has_passed_stops_after_one_row() -> None:
    made = program([Stage("map", abs)])
    made.load(Batch.from_objects([-1, -2, -3]))
    assert made.run(0, 1000) == MORE
    assert made.take().objects() == [-1 * -1]


@pytest.mark.parametrize("step_wise", [False, True])
def test_a_generator_may_go_on_changing_what_it_yielded(step_wise: bool) -> None:
    def grow(count: int) -> Iterator[list[int]]:
        shared: list[int] = []
        for each in range(count):
            shared.append(each)
            yield shared

    stages = [Stage("flat_map", grow), Stage("map", lambda row: row)]
    found = run_rows(program(stages), [3], step_wise=step_wise)
    assert [value for value, _ in found[None]] == [[0], [0, 1], [0, 1, 2]]


def test_with_object_reuse_nothing_is_copied() -> None:
    row = [1]
    made = program([Stage("map", lambda value: value, needs_fix=False)])
    assert run_rows(made, [row])[None][0][0] is row
    made = program([Stage("map", lambda value: value)])
    assert run_rows(made, [row])[None][0][0] is not row


def test_a_side_output_gets_a_copy_too() -> None:
    def process(row: int, ctx: Any) -> Iterator[Any]:
        shared = [row]
        yield LATE, shared
        shared.append(99)
        yield LATE, shared

    assert run_rows(program([Stage("process", process)]), [1])[LATE] == [
        ([1], NO_TIME),
        ([1, 99], NO_TIME),
    ]


def test_only_process_functions_have_side_outputs() -> None:
    made = program([Stage("flat_map", lambda row: [(LATE, row)])])
    assert run_rows(made, [1]) == {None: [((LATE, 1), NO_TIME)]}


def test_the_last_key_stage_gives_each_row_its_key() -> None:
    made = program([Stage("flat_map", range), Stage("key", lambda row: [row % 2])])
    made.load(Batch.from_objects([3]))
    made.run(FAR_NS, 100)
    batch = made.take()
    assert (batch.objects(), batch.keys) == ([0, 1, 2], [[0], [1], [0]])


def test_declared_types_convert_what_a_function_returns() -> None:
    stages = [Stage("map", lambda row: row, converter=make_converter(("double",)))]
    (value, _), *_ = run_rows(program(stages), [1.0])[None]
    assert value == 1.0
    made = program([Stage("map", lambda row: "x", converter=make_converter(("long",)))])
    assert run_rows(made, [1], take_failed=True)["failure"][2] == 1


# Errors


def divide(row: int) -> float:
    return 10 / row


def test_rows_before_the_failing_one_are_kept_and_it_is_named() -> None:
    made = program([Stage("map", divide, info="divide")])
    found = run_rows(made, [1, 2, 0, 4], [5, 6, 7, 8], take_failed=True)
    assert found[None] == [(10.0, 5), (5.0, 6)]
    assert found["failure"] == ["divide", "division by zero", 0, None, 7]


@pytest.mark.parametrize("step_wise", [False, True])
def test_a_row_that_raises_is_skipped_and_counted(step_wise: bool) -> None:
    stage = Stage("map", divide, error_action="skip")
    found = run_rows(program([stage]), [1, 0, 2, 0], step_wise=step_wise)
    assert [value for value, _ in found[None]] == [10.0, 5.0]
    assert stage.rows_skipped == 2


def test_a_row_that_raises_goes_to_the_side_output_with_its_time() -> None:
    stage = Stage("map", divide, error_action="side-output", error_tag=LATE)
    found = run_rows(program([stage]), [1, 0, 2], [5, 6, 7])
    assert found[LATE] == [((0, "division by zero"), 6)]
    assert found[None] == [(10.0, 5), (5.0, 7)]


def test_a_generator_that_raises_keeps_what_it_gave_and_the_next_row_comes() -> None:
    def until_two(count: int) -> Iterator[int]:
        for each in range(count):
            if each == 2:
                raise ValueError("two")
            yield each

    stage = Stage("flat_map", until_two, error_action="side-output", error_tag=LATE)
    found = run_rows(program([stage]), [5, 1])
    assert [value for value, _ in found[None]] == [0, 1, 0]
    assert found[LATE] == [((5, "two"), NO_TIME)]


def test_a_later_stage_that_raises_costs_one_of_the_generators_rows() -> None:
    stages = [Stage("flat_map", range), Stage("map", divide, error_action="skip")]
    assert [value for value, _ in run_rows(program(stages), [3])[None]] == [10.0, 5.0]
    assert stages[1].rows_skipped == 1


def test_a_failing_later_stage_ends_the_job_although_the_first_one_skips() -> None:
    stages = [Stage("flat_map", range, error_action="skip"), Stage("map", divide, info="second")]
    assert run_rows(program(stages), [3], take_failed=True)["failure"][:3] == [
        "second",
        "division by zero",
        0,
    ]


def test_what_flat_map_returns_must_be_iterable() -> None:
    made = program([Stage("flat_map", lambda row: 7)])
    assert "not iterable" in run_rows(made, [1], take_failed=True)["failure"][1]


def test_an_interrupt_goes_through_and_the_next_run_takes_the_next_row() -> None:
    def interrupted(row: int) -> int:
        if row == 2:
            raise KeyboardInterrupt
        return row

    made = program([Stage("map", interrupted, error_action="skip")])
    made.load(Batch.from_objects([1, 2, 3]))
    with pytest.raises(KeyboardInterrupt):
        made.run(FAR_NS, 100)
    assert [value for value, _ in drain(made)[None]] == [1, 3]


def test_an_abandoned_program_lets_go_of_open_generators() -> None:
    class Row:
        pass

    row = Row()
    gone = weakref.ref(row)
    made = program([Stage("flat_map", lambda value: (value for _ in range(9)), needs_fix=False)])
    made.load(Batch.from_objects([row]))
    made.run(FAR_NS, 2)
    made.take()
    del row, made
    gc.collect()
    assert gone() is None


# Reduce


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-9, 9))), st.booleans())
def test_reduce_emits_the_running_result_for_every_row(
    rows: list[tuple[str, int]], step_wise: bool
) -> None:
    keyed, last, expected = Keyed(), {}, []
    made = program([Stage("reduce", lambda a, b: a * 2 - b)], keys=keyed.context)
    for key, value in rows:
        last[key] = last[key] * 2 - value if key in last else value
        expected.append((last[key], NO_TIME))
    keyed.load(made, [value for _, value in rows], [key for key, _ in rows])
    assert drain(made, step_wise=step_wise)[None] == expected
    keyed.map.release_batch()
    assert keyed.live_keys() == len(last)


def test_a_reduce_that_changes_its_argument_does_not_change_what_was_emitted() -> None:
    def extend(before: list[int], value: list[int]) -> list[int]:
        before.extend(value)
        return before

    keyed = Keyed()
    made = program([Stage("reduce", extend)], keys=keyed.context)
    keyed.load(made, [[1], [2], [3]], ["k"] * 3)
    assert [value for value, _ in drain(made)[None]] == [[1], [1, 2], [1, 2, 3]]


def test_a_reduce_that_raises_leaves_the_result_as_it_was() -> None:
    def extend(before: list[int], value: list[int]) -> list[int]:
        before.extend(value)
        if value == [2]:
            raise ValueError
        return before

    keyed = Keyed()
    made = program([Stage("reduce", extend, error_action="skip")], keys=keyed.context)
    keyed.load(made, [[1], [2], [3]], ["k"] * 3)
    assert [value for value, _ in drain(made)[None]] == [[1], [1, 3]]


# Copies and partitioners


def test_a_copied_batch_has_values_of_its_own_and_the_same_times_and_keys() -> None:
    row = [1]
    batch = Batch.from_objects([row], keys=["k"])
    copied = copy_batch(batch)
    assert copied.objects() == [[1]]
    assert copied.objects()[0] is not row
    assert copied.keys == ["k"]


def test_a_partitioner_outside_its_range_is_named_with_the_key() -> None:
    chosen = choose_receivers([3, 4], lambda key, n: key % n, lambda row: row, 2)
    assert list(chosen) == [1, 0]
    with pytest.raises(ValueError, match="returned 7 for key 3"):
        choose_receivers([3], lambda key, n: 7, lambda row: row, 2)
