"""The window operator against brute force: assigners, lateness, functions, resumability, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.window import WindowOperator
from flinkette._native.window_spec import WindowSpec
from flinkette.contracts.windows import TimeWindow
from kernels.row_programs import NO_TIME, Keyed, Tag, drain, fail
from kernels.window_models import MAX, Assigned, brute_force, sliding_starts

LATE = Tag("late")
ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(-30, 60)) | st.integers(-30, 70), max_size=40
)


class Bound:
    """A function context: knows the window it is bound to."""

    def bind(self, slot: int, window: Any) -> None:
        self.window = window

    def forget(self, slot: int) -> None:
        pass


def join(before: list[Any], value: list[Any]) -> list[Any]:
    return before + value


FUNCTIONS: dict[str, dict[str, Any]] = {
    "reduce": {"contents": "reduce", "reduce": join},
    "aggregate": {
        "contents": "aggregate",
        "create_accumulator": list,
        "add": lambda value, held: held + value,
        "get_result": tuple,
        "merge": lambda left, right: left + right,
    },
    "list": {"contents": "list"},
}
EMITS: dict[str, dict[str, Any]] = {
    "plain": {"emit": "plain"},
    "apply": {
        "emit": "apply",
        "window_function": lambda key, window, rows: [(key, window.start, window.end, list(rows))],
    },
    "process": {
        "emit": "process",
        "window_function": lambda key, ctx, rows: (
            (key, ctx.window.start, ctx.window.end, rows) for _ in "1"
        ),
        "function_context": Bound(),
    },
}


class Windowed:
    """A window operator with a key map and a clock of its own."""

    def __init__(self, *, row_error: Any = None, **spec: Any) -> None:
        self.keyed = Keyed()
        self.now_ms = 0
        spec.setdefault("is_event_time", True)
        spec.setdefault("trigger", "window_end")
        spec.setdefault("make_window", TimeWindow)
        self.operator = WindowOperator(
            WindowSpec(**spec),
            keys=self.keyed.context,
            now_ms=lambda: self.now_ms,
            tag_class=Tag,
            make_error=fail,
            make_row_error=lambda value, failure: (value, failure.args[1]),
        )

    def feed(self, rows: list[tuple[Any, int, Any]], **how: Any) -> dict[Any, Any]:
        keys, times = [row[0] for row in rows], [row[1] for row in rows]
        self.keyed.load(self.operator, [row[2] for row in rows], keys, times)
        found = drain(self.operator, **how)
        self.keyed.map.release_batch()
        return found

    def advance(self, watermark: int, **how: Any) -> dict[Any, Any]:
        self.operator.load_event_timers(watermark)
        return drain(self.operator, **how)

    def at(self, now_ms: int, **how: Any) -> dict[Any, Any]:
        self.now_ms = now_ms
        self.operator.load_processing_timers(now_ms)
        return drain(self.operator, **how)

    def run(self, steps: list[Any], **how: Any) -> tuple[list[Any], list[Any]]:
        """Rows and watermarks as the model takes them; (results, late rows)."""
        fired, late = [], []
        for step in steps:
            found = self.feed([step], **how) if type(step) is tuple else self.advance(step, **how)
            fired += [value for value, _ in found[None]]
            late += [value for value, _ in found.get(LATE, [])]
        assert self.operator.live_windows == 0
        assert self.keyed.live_keys() == 0
        return fired, late


def numbered(steps: list[Any]) -> list[Any]:
    """Give each row a value of its own; watermarks only rise and the last one is the end."""
    made, highest = [], -(10**9)
    for index, step in enumerate(steps):
        if isinstance(step, tuple):
            made.append((*step, [index]))
        else:
            highest = max(highest, step)
            made.append(highest)
    return [*made, MAX]


def flat(values: Any) -> list[int]:
    """Undo the nesting that list contents and one-element results have."""
    return [
        number
        for value in values
        for number in (flat(value) if type(value) in (list, tuple) else [value])
    ]


def check(
    steps: list[Any],
    spec: dict[str, Any],
    assign: Callable[[Any], Assigned],
    how: tuple[str, str, int, bool],
    *,
    is_session: bool = False,
) -> None:
    contents, emit, lateness, step_wise = how
    if contents == "list" and emit == "plain":
        emit = "apply"
    windowed = Windowed(
        **spec, **FUNCTIONS[contents], **EMITS[emit], lateness=lateness, late_tag=LATE
    )
    steps = numbered(steps)
    fired, late = windowed.run(steps, step_wise=step_wise)
    wanted, wanted_late = brute_force(steps, assign, lateness)
    order: Any = sorted if is_session else list
    seen = [
        order(flat(result)) if emit == "plain" else (*result[:3], order(flat(result[3])))
        for result in fired
    ]
    expected = [
        order(flat(values)) if emit == "plain" else (*window, order(flat(values)))
        for *window, values in wanted
    ]
    # windows that end together fire in the order their timers were set
    assert sorted(seen, key=repr) == sorted(expected, key=repr)
    assert [result[2] for result in seen if emit != "plain"] == [
        window[2] for window in expected if emit != "plain"
    ]
    assert late == wanted_late


HOW = st.tuples(
    st.sampled_from(sorted(FUNCTIONS)),
    st.sampled_from(sorted(EMITS)),
    st.sampled_from([0, 0, 5, 40]),
    st.booleans(),
)


@given(ROWS, st.integers(1, 20), st.integers(-9, 9), HOW)
def test_tumbling_windows(steps: list[Any], size: int, offset: int, how: Any) -> None:
    def assign(row: Any) -> Assigned:
        start = sliding_starts(row[1], size, size, offset)[0]
        return Assigned([(start, start + size)])

    check(steps, {"assigner": "tumbling", "size": size, "offset": offset}, assign, how)


@given(ROWS, st.integers(1, 20), st.integers(1, 25), st.integers(-9, 9), HOW)
def test_sliding_windows(steps: list[Any], size: int, slide: int, offset: int, how: Any) -> None:
    def assign(row: Any) -> Assigned:
        return Assigned([(s, s + size) for s in sliding_starts(row[1], size, slide, offset)])

    spec = {"assigner": "sliding", "size": size, "slide": slide, "offset": offset}
    check(steps, spec, assign, how)


@given(ROWS, st.integers(1, 20), HOW)
def test_session_windows(steps: list[Any], gap: int, how: Any) -> None:
    def assign(row: Any) -> Assigned:
        return Assigned([(row[1], row[1] + gap)], is_session=True)

    check(steps, {"assigner": "session", "size": gap}, assign, how, is_session=True)


@given(ROWS, HOW)
def test_session_windows_whose_gap_depends_on_the_row(steps: list[Any], how: Any) -> None:
    def assign(row: Any) -> Assigned:
        return Assigned([(row[1], row[1] + 1 + row[2][0] % 7)], is_session=True)

    spec = {"assigner": "dynamic_session", "assign": lambda value: 1 + value[0] % 7}
    check(steps, spec, assign, how, is_session=True)


@given(ROWS, HOW)
def test_windows_of_an_assigner_written_in_python(steps: list[Any], how: Any) -> None:
    def bounds(value: list[int], time: int) -> list[tuple[int, int]]:
        return [(time, time + 5), (time - 3, time + 10)] if value[0] % 3 else []

    def assign(row: Any) -> Assigned:
        return Assigned(bounds(row[2], row[1]))

    def windows(value: list[int], time: int) -> list[TimeWindow]:
        return [TimeWindow(*each) for each in bounds(value, time)]

    check(steps, {"assigner": "custom", "assign": windows}, assign, how)


@given(st.lists(st.sampled_from("ab"), max_size=40), st.integers(1, 6), st.integers(1, 6))
def test_count_windows(keys: list[str], size: int, slide: int) -> None:
    seen: dict[str, list[int]] = {}
    wanted = []
    for index, key in enumerate(keys):
        rows = seen.setdefault(key, [])
        rows.append(index)
        if len(rows) >= size and (len(rows) - size) % slide == 0:
            wanted.append((key, rows[-size:]))
    windowed = Windowed(
        assigner="count_sliding",
        size=size,
        slide=slide,
        is_event_time=False,
        trigger="count",
        count=size,
        contents="list",
        emit="apply",
        window_function=lambda key, window, rows: [(key, list(rows))],
    )
    found = windowed.feed([(key, NO_TIME, index) for index, key in enumerate(keys)])
    assert [value for value, _ in found[None]] == wanted
    if size == slide:
        tumbling = Windowed(
            assigner="count_tumbling",
            size=size,
            is_event_time=False,
            trigger="count",
            count=size,
            contents="list",
            emit="apply",
            window_function=lambda key, window, rows: [(key, list(rows))],
        )
        again = tumbling.feed([(key, NO_TIME, index) for index, key in enumerate(keys)])
        assert [value for value, _ in again[None]] == wanted


# Processing time


def test_processing_time_windows_take_the_clock_and_fire_with_it() -> None:
    #   0         10         20
    #   [----------)[---------)
    #    ^3 ^7       ^12
    windowed = Windowed(
        assigner="tumbling",
        size=10,
        is_event_time=False,
        contents="reduce",
        reduce=join,
        emit="plain",
    )
    for now_ms, value in ((3, 1), (7, 2), (12, 3)):
        windowed.now_ms = now_ms
        assert windowed.feed([("a", NO_TIME, [value])]) == {None: []}
    assert windowed.operator.next_processing_time() == 9
    assert windowed.at(8) == {None: []}
    assert windowed.at(9) == {None: [([1, 2], 9)]}
    assert windowed.at(100) == {None: [([3], 19)]}
    assert windowed.operator.next_processing_time() is None
    assert (windowed.operator.live_windows, windowed.keyed.live_keys()) == (0, 0)


def test_processing_time_sessions_end_after_their_gap() -> None:
    windowed = Windowed(
        assigner="session",
        size=10,
        is_event_time=False,
        contents="reduce",
        reduce=join,
        emit="plain",
    )
    for now_ms, value in ((0, 1), (8, 2), (30, 3)):
        windowed.now_ms = now_ms
        windowed.feed([("a", NO_TIME, [value])])
    assert [value for value, _ in windowed.at(39)[None]] == [[1, 2], [3]]
    assert (windowed.operator.live_windows, windowed.keyed.live_keys()) == (0, 0)


# Rows, results, side outputs


def tumbling(**spec: Any) -> Windowed:
    return Windowed(**{"assigner": "tumbling", "size": 10, "contents": "list", **spec})


def test_a_result_has_the_last_moment_of_its_window_as_event_time() -> None:
    windowed = tumbling(contents="reduce", reduce=join, emit="plain")
    windowed.feed([("a", 3, [1])])
    assert windowed.advance(MAX) == {None: [([1], 9)]}


def test_late_rows_without_a_side_output_are_counted() -> None:
    windowed = tumbling(contents="reduce", reduce=join, emit="plain")
    windowed.advance(9)
    windowed.feed([("a", 3, [1]), ("a", 12, [2])])
    assert windowed.operator.late_rows_dropped == 1


def test_window_functions_have_side_outputs() -> None:
    windowed = tumbling(
        emit="apply", window_function=lambda key, window, rows: iter([(LATE, rows), rows])
    )
    windowed.feed([("a", 3, 1)])
    assert windowed.advance(MAX, step_wise=True) == {None: [([1], 9)], LATE: [([1], 9)]}


def test_windows_over_a_whole_stream_get_no_key() -> None:
    windowed = tumbling(
        is_all=True, emit="apply", window_function=lambda window, rows: [(window.start, rows)]
    )
    windowed.feed([(None, 3, 1)])
    assert [value for value, _ in windowed.advance(MAX)[None]] == [(0, [1])]


def test_a_window_function_may_return_nothing() -> None:
    windowed = tumbling(emit="apply", window_function=lambda key, window, rows: None)
    windowed.feed([("a", 3, 1)])
    assert windowed.advance(MAX) == {None: []}
    assert (windowed.operator.live_windows, windowed.keyed.live_keys()) == (0, 0)


def test_sliding_windows_do_not_share_a_mutable_row() -> None:
    def change(key: str, window: TimeWindow, rows: list[list[int]]) -> list[Any]:
        rows[0].append(window.start)
        return [rows[0]]

    windowed = Windowed(
        assigner="sliding", size=10, slide=5, contents="list", emit="apply", window_function=change
    )
    windowed.feed([("a", 7, [0])])
    assert [value for value, _ in windowed.advance(MAX)[None]] == [[0, 0], [0, 5]]


def test_many_windows_that_close_at_once_come_in_bounded_pieces() -> None:
    windowed = Windowed(assigner="tumbling", size=1, contents="reduce", reduce=join, emit="plain")
    windowed.feed([("a", time, [time]) for time in range(5000)])
    assert windowed.operator.live_windows == 5000
    windowed.operator.load_event_timers(MAX)
    sizes = []
    while windowed.operator.run(2**62, 64) != 0:
        sizes.append(windowed.operator.take().num_rows)
    assert set(sizes) == {64}
    assert windowed.operator.take().num_rows == 5000 % 64
    assert windowed.operator.live_windows == 0


# Errors


def test_a_row_without_a_timestamp_fails_even_when_rows_are_skipped() -> None:
    windowed = tumbling(contents="reduce", reduce=join, emit="plain", error_action="skip")
    failure = windowed.feed([("a", NO_TIME, [1])], take_failed=True)["failure"]
    assert failure[2] == [1]


def divide(before: float, value: float) -> float:
    return before / value


def test_a_function_that_fails_names_row_key_and_time_and_earlier_results_are_kept() -> None:
    windowed = Windowed(
        assigner="count_tumbling",
        size=2,
        is_event_time=False,
        trigger="count",
        count=2,
        contents="reduce",
        reduce=divide,
        emit="plain",
        info="windows",
    )
    found = windowed.feed([("a", NO_TIME, value) for value in (8, 2, 1, 0, 5, 6)], take_failed=True)
    assert [value for value, _ in found[None]] == [4.0]
    assert found["failure"][:4] == ["windows", "division by zero", 0, "a"]


class Adder:
    """Fails on zeros."""

    @staticmethod
    def add(value: int, held: int) -> int:
        if value == 0:
            raise ValueError("zero")
        return held + value


def adding(**spec: Any) -> Windowed:
    return Windowed(
        contents="aggregate",
        create_accumulator=int,
        add=Adder.add,
        get_result=int,
        emit="plain",
        error_action="side-output",
        error_tag=LATE,
        **spec,
    )


@pytest.mark.parametrize("step_wise", [False, True])
def test_a_window_whose_first_row_is_skipped_still_fires_for_the_next_ones(step_wise: bool) -> None:
    windowed = adding(assigner="tumbling", size=10)
    found = windowed.feed([("a", 1, 0), ("a", 2, 5)], step_wise=step_wise)
    assert found[LATE] == [((0, "zero"), 1)]
    assert windowed.advance(MAX)[None] == [(5, 9)]
    assert (windowed.operator.live_windows, windowed.keyed.live_keys()) == (0, 0)


def test_a_window_with_nothing_but_skipped_rows_leaves_nothing_behind() -> None:
    windowed = adding(assigner="tumbling", size=10)
    windowed.feed([("a", 1, 0)])
    assert windowed.advance(MAX) == {None: []}
    assert (windowed.operator.live_windows, windowed.keyed.live_keys()) == (0, 0)


def test_a_row_of_several_windows_that_raises_is_reported_once() -> None:
    windowed = adding(assigner="sliding", size=10, slide=2)
    found = windowed.feed([("a", 9, 0), ("a", 9, 1)])
    assert found[LATE] == [((0, "zero"), 9)]
    assert windowed.operator.rows_skipped == 1
    assert len(windowed.advance(MAX)[None]) == 5


def broken(key: str, window: TimeWindow, rows: list[Any]) -> Iterator[Any]:
    raise ValueError("broken")


def broken_later(key: str, window: TimeWindow, rows: list[Any]) -> Iterator[Any]:
    yield 1
    raise ValueError("broken")


@pytest.mark.parametrize("function", [broken, broken_later])
@pytest.mark.parametrize("step_wise", [False, True])
def test_a_window_function_that_raises_costs_one_result_and_the_window_is_still_cleared(
    function: Callable[..., Any], step_wise: bool
) -> None:
    windowed = tumbling(emit="apply", window_function=function, error_action="skip")
    windowed.feed([("a", 1, 1), ("b", 2, 2)])
    found = windowed.advance(MAX, step_wise=step_wise)
    assert len(found[None]) == (2 if function is broken_later else 0)
    assert windowed.operator.rows_skipped == 2
    assert (windowed.operator.live_windows, windowed.keyed.live_keys()) == (0, 0)


def test_a_count_window_whose_function_raises_is_cleared() -> None:
    windowed = Windowed(
        assigner="count_tumbling",
        size=2,
        is_event_time=False,
        trigger="count",
        count=2,
        contents="list",
        emit="apply",
        window_function=lambda key, window, rows: [1 / rows[0]],
        error_action="skip",
    )
    found = windowed.feed([("a", NO_TIME, value) for value in (0, 1, 2, 3)])
    assert [value for value, _ in found[None]] == [0.5]
    assert windowed.operator.live_windows == 0


@pytest.mark.parametrize("gap", [0, -5])
def test_a_session_gap_must_be_positive(gap: int) -> None:
    windowed = Windowed(
        assigner="dynamic_session",
        assign=lambda value: gap,
        contents="list",
        emit="apply",
        window_function=lambda key, window, rows: [],
    )
    failure = windowed.feed([("a", 1, "row")], take_failed=True)["failure"]
    assert failure[1:3] == [f"session gap must be positive, got {gap} ms", "row"]


@pytest.mark.parametrize("spec", [{"assigner": "tumbling"}, {"assigner": "sliding", "size": 1}])
def test_sizes_and_slides_must_be_positive(spec: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be positive, got 0"):
        Windowed(contents="list", emit="plain", **spec)


def test_a_row_that_is_skipped_counts_in_windows_of_rows() -> None:
    windowed = adding(
        assigner="count_sliding", size=3, slide=1, is_event_time=False, trigger="count", count=3
    )
    found = windowed.feed([("a", NO_TIME, value) for value in (1, 2, 0, 4, 5, 6)])
    assert [value for value, _ in found[None]] == [3, 6, 9, 15]
    assert [value for value, _ in found[LATE]] == [(0, "zero")]
