"""Watermarks inside a batch: where they stand, and that a marked batch is the same as a cut one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer, Uint32Buffer
from flinkette._native.keys import hash_keys
from flinkette._native.marks import Marks, mark_crossings
from flinkette._native.rows import Stage
from flinkette._native.window import WindowOperator
from flinkette._native.window_spec import WindowSpec
from flinkette.contracts.windows import TimeWindow
from kernels.row_programs import FAR_NS, Keyed, Tag, fail, program
from kernels.window_models import MAX, MIN

TIMES = st.lists(st.integers(-(10**12), 10**12), max_size=40)
Pairs = list[tuple[int, int]]


def pairs(marks: Marks | None) -> Pairs:
    return [] if marks is None else list(zip(marks.stops, marks.times, strict=True))


def marks_of(found: Pairs) -> Marks | None:
    if not found:
        return None
    stops, times = zip(*found, strict=True)
    return Marks(Int64Buffer.of(list(stops)), Int64Buffer.of(list(times)))


def model_crossings(times: list[int], top: int, interval: int, bound: int) -> tuple[Pairs, int]:
    found = []
    for index, time in enumerate(times):
        if time > top and (top == MIN or time // interval > top // interval):
            found.append((index + 1, time - bound - 1))
        top = max(top, time)
    return found, top


@given(
    TIMES, st.integers(-(10**6), 10**6) | st.just(MIN), st.integers(1, 10**12), st.integers(0, 9)
)
def test_marks_stand_where_the_maximum_enters_a_later_period(
    times: list[int], running: int, interval: int, bound: int
) -> None:
    marks, top = mark_crossings(Int64Buffer.of(times), running, interval, bound)
    assert (pairs(marks), top) == model_crossings(times, running, interval, bound)


@given(st.randoms(use_true_random=False), st.integers(0, 400), st.sampled_from([1, 50, 2**62]))
def test_marks_of_long_batches_stand_there_too(random: Any, length: int, interval: int) -> None:
    times = [row + random.randrange(-40, 40) for row in range(length)]
    if length > 300:
        times[200] = 2**63 - 1 - random.randrange(2)
    marks, top = mark_crossings(Int64Buffer.of(times), MIN, interval, 3)
    assert (pairs(marks), top) == model_crossings(times, MIN, interval, 3)


@given(st.lists(st.integers(-30, 30), max_size=30), st.integers(0, 30), st.integers(1, 20))
def test_marks_do_not_depend_on_how_rows_are_cut(times: list[int], cut: int, interval: int) -> None:
    whole, top = mark_crossings(Int64Buffer.of(times), MIN, interval, 2)
    head, middle = mark_crossings(Int64Buffer.of(times[:cut]), MIN, interval, 2)
    tail, end = mark_crossings(Int64Buffer.of(times[cut:]), middle, interval, 2)
    moved = [(stop + len(times[:cut]), time) for stop, time in pairs(tail)]
    assert (pairs(head) + moved, end) == (pairs(whole), top)


@st.composite
def marked(draw: st.DrawFn) -> tuple[int, Pairs]:
    """A number of rows and marks among them, both ascending."""
    num_rows = draw(st.integers(1, 20))
    stops = sorted(draw(st.sets(st.integers(0, num_rows), min_size=1, max_size=6)))
    times = sorted(draw(st.sets(st.integers(-9, 60), min_size=len(stops), max_size=len(stops))))
    return num_rows, list(zip(stops, times, strict=True))


@given(marked(), st.data())
def test_a_part_of_a_batch_has_every_mark_after_the_rows_that_were_before_it(
    drawn: tuple[int, Pairs], data: st.DataObject
) -> None:
    num_rows, found = drawn
    rows = sorted(data.draw(st.sets(st.integers(0, num_rows - 1), min_size=1)))
    wanted: dict[int, int] = {}
    for stop, time in found:
        wanted[sum(row < stop for row in rows)] = time
    marks = marks_of(found)
    assert marks is not None
    assert dict(pairs(marks.after_take(Uint32Buffer.of(rows)))) == wanted


@given(marked(), st.integers(-9, 60), st.integers(-9, 60))
def test_clipped_marks_never_pass_the_limit_nor_repeat_what_was_announced(
    drawn: tuple[int, Pairs], limit: int, announced: int
) -> None:
    wanted, last = [], announced
    for stop, time in drawn[1]:
        if min(time, limit) > last:
            last = min(time, limit)
            wanted.append((stop, last))
    marks = marks_of(drawn[1])
    assert marks is not None
    assert pairs(marks.clipped(limit, announced)) == wanted


def drain_marked(operator: Any, *, step_wise: bool) -> list[Any]:
    """Rows and watermarks in the order in which they leave."""
    seen: list[Any] = []
    status = -1
    while status != 0:
        status = operator.run(0 if step_wise else FAR_NS, 1 if step_wise else 1 << 30)
        side = [(tag, value) for tag, batch in operator.take_side() for value in batch.objects()]
        batch = operator.take()
        rows = [] if batch is None else batch.objects()
        inside = [] if batch is None else pairs(batch.marks)
        for index in range(len(rows) + 1):
            seen += [time for stop, time in inside if stop == index]
            seen += rows[index : index + 1]
        last = operator.take_watermark()
        seen += [] if last is None else [last]
        seen += side
    return seen


def run(operator: Any, keyed: Keyed, rows: list[Any], found: Pairs, how: tuple[bool, bool]) -> Any:
    """Feed (key, time) rows with marks inside the batch, or cut with watermarks between."""
    is_marked, step_wise = how
    keys, times = [row[0] for row in rows], [row[1] for row in rows]
    seen: list[Any] = []

    def feed(start: int, stop: int, marks: Marks | None) -> None:
        batch = Batch.from_objects(list(range(start, stop)), Int64Buffer.of(times[start:stop]))
        part = keys[start:stop]
        batch = batch if marks is None else batch.with_marks(marks)
        operator.load(batch, keyed.map.ids(part, hash_keys(part)))
        seen.extend(drain_marked(operator, step_wise=step_wise))
        keyed.map.release_batch()

    if is_marked:
        feed(0, len(rows), marks_of(found))
    else:
        start = 0
        for stop, time in found:
            feed(start, stop, None)
            operator.load_event_timers(time)
            seen += [*drain_marked(operator, step_wise=step_wise), time]
            start = stop
        feed(start, len(rows), None)
    operator.load_event_timers(MAX)
    seen += drain_marked(operator, step_wise=step_wise)
    assert keyed.live_keys() == 0
    # side outputs leave before the rows of the same run, so their place among them is open
    late = [each for each in seen if is_late(each)]
    return without_repeats([each for each in seen if not is_late(each)]), late


def without_repeats(seen: list[Any]) -> list[Any]:
    """Of watermarks with no row between them the last one says it all."""
    followed = [*seen[1:], None]
    return [
        each
        for each, after in zip(seen, followed, strict=True)
        if not (isinstance(each, int) and isinstance(after, int))
    ]


def is_late(each: Any) -> bool:
    return isinstance(each, tuple) and isinstance(each[0], Tag)


def windows(lateness: int) -> tuple[WindowOperator, Keyed]:
    keyed = Keyed()
    spec = WindowSpec(
        assigner="sliding",
        is_event_time=True,
        size=10,
        slide=5,
        trigger="window_end",
        contents="list",
        emit="apply",
        window_function=lambda key, window, rows: [(key, window.start, list(rows))],
        lateness=lateness,
        late_tag=Tag("late"),
        make_window=TimeWindow,
    )
    operator = WindowOperator(
        spec,
        keys=keyed.context,
        now_ms=lambda: 0,
        tag_class=Tag,
        make_error=fail,
        make_row_error=None,
    )
    return operator, keyed


ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(-9, 60)), min_size=20, max_size=20)


@given(marked(), ROWS, st.sampled_from([0, 5]), st.booleans())
def test_windows_fire_inside_a_marked_batch_as_between_cut_ones(
    drawn: tuple[int, Pairs], rows: list[Any], lateness: int, step_wise: bool
) -> None:
    num_rows, found = drawn
    seen = [
        run(*windows(lateness), rows[:num_rows], found, (is_marked, step_wise))
        for is_marked in (True, False)
    ]
    assert seen[0] == seen[1]


@given(marked(), ROWS, st.booleans())
def test_timers_fire_inside_a_marked_batch_as_between_cut_ones(
    drawn: tuple[int, Pairs], rows: list[Any], step_wise: bool
) -> None:
    num_rows, found = drawn

    def on_row(value: int, ctx: Any) -> Any:
        ctx.timer_service().register_event_time_timer(ctx.timestamp() + 5)
        yield value, ctx.timer_service().current_watermark()

    def on_timer(time: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), time, ctx.timer_service().current_watermark()

    seen = []
    for is_marked in (True, False):
        keyed = Keyed()
        made = program([Stage("process", on_row, on_timer=on_timer)], keys=keyed.context)
        seen.append(run(made, keyed, rows[:num_rows], found, (is_marked, step_wise)))
    assert seen[0] == seen[1]


def test_a_chain_without_keys_hands_its_marks_on_in_their_places() -> None:
    made = program(
        [Stage("filter", lambda row: row % 2), Stage("flat_map", lambda row: [row, row])]
    )
    made.load(Batch.from_objects([1, 2, 3, 4]).with_marks(marks_of([(0, 5), (2, 6), (4, 7)])))
    assert drain_marked(made, step_wise=False) == [5, 1, 1, 6, 3, 3, 7]


def test_a_watermark_far_in_the_past_stays_above_the_smallest_time() -> None:
    marks, reached = mark_crossings(Int64Buffer.of([MIN + 1]), MIN, 200, 5)
    assert reached == MIN + 1
    assert pairs(marks) == [(1, MIN + 1)]
