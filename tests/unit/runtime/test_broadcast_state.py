"""Broadcast state: the same in every subtask, written by one side, undone with a skipped row."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkette.common import Types, WatermarkStrategy
from flinkette.contracts.errors import UserFunctionError
from flinkette.datastream import BroadcastProcessFunction, KeyedBroadcastProcessFunction, OutputTag
from flinkette.datastream.state import MapStateDescriptor, ValueStateDescriptor
from flinkette.ext import on_row_error
from unit.runtime.jobs import Feed, MemorySink, Run, environment, stream_of

RULES = MapStateDescriptor("rules", Types.INT(), Types.INT())
OPERATIONS = st.tuples(
    st.sampled_from(["put", "remove", "clear", "mutate", "fail", "iterate"]), st.integers(0, 3)
)


class Applied(BroadcastProcessFunction):
    """A broadcast row is a list of changes; the other side tells what the state is."""

    def process_element(self, value: Any, ctx: Any) -> Any:
        yield dict(ctx.get_broadcast_state(RULES).items())

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        state = ctx.get_broadcast_state(RULES)
        change(state, value)
        yield {key: list(kept) for key, kept in state.items()}


def change(state: Any, operations: list[Any]) -> None:
    """Apply changes to a dict or to a state, which are written alike except for `remove`."""
    for place, (operation, key) in enumerate(operations):
        if operation == "put":
            state[key] = [place]
        elif operation == "remove" and key in state:
            del state[key]
        elif operation == "clear":
            state.clear()
        elif operation == "mutate" and key in state:
            state[key].append(place)
        elif operation == "iterate":
            for kept in state.values():
                kept.append(-place)
        elif operation == "fail":
            raise ValueError(operations)


@given(st.lists(st.none() | st.lists(OPERATIONS, max_size=5), max_size=12))
def test_what_rows_write_is_kept_but_not_that_of_rows_that_fail(rows: list[Any]) -> None:
    env = environment()
    feeds, sink = [Feed(), Feed()], MemorySink()
    first, second = (stream_of(env, feed) for feed in feeds)
    on_row_error(first.connect(second.broadcast(RULES)).process(Applied()), "skip").sink_to(sink)
    run = Run(env)
    model: dict[int, list[int]] = {}
    expected = []
    for row in rows:
        if row is not None:
            changed = {key: list(kept) for key, kept in model.items()}
            try:
                change(changed, row)
            except ValueError:
                pass
            else:
                model = changed
                expected.append({key: list(kept) for key, kept in model.items()})
        else:
            expected.append({key: list(kept) for key, kept in model.items()})
        feeds[0 if row is None else 1].rows.append("row" if row is None else row)
        run.settle()
        assert sink.rows == expected
    for feed in feeds:
        feed.rows.append(None)
    run.finish()


class Ruled(KeyedBroadcastProcessFunction):
    """What it does goes by the row; at a timer it tells its key's sum and all rules."""

    def open(self, runtime_context: Any) -> None:
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        if value == "write":
            ctx.get_broadcast_state(RULES).put(1, 1)
        if value == "typo":
            ctx.get_broadcast_state(MapStateDescriptor("rulez", Types.INT(), Types.INT()))
        self.sum.update((self.sum.value() or 0) + value)
        ctx.timer_service().register_event_time_timer(value)

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        if value == "state":
            self.sum.update(3)
        if value == "bad":
            ctx.get_broadcast_state(RULES).put(-1, -1)
            raise ValueError("bad rule")
        ctx.get_broadcast_state(RULES)[value] = ctx.current_watermark()

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        rules = ctx.get_broadcast_state(RULES)
        yield timestamp, ctx.get_current_key(), self.sum.value(), sorted(rules.items())
        if timestamp == 13:
            del rules[1]


def ruled(first: list[Any], second: list[Any]) -> Any:
    env = environment()
    keyed = env.from_collection(first).key_by(lambda row: 0)
    return keyed.connect(env.from_collection(second).broadcast(RULES)).process(Ruled())


@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (["write"], [], "first input: RuntimeError: put() on the broadcast state 'rules' from the"),
        ([13], [], "RuntimeError: remove() on the broadcast state 'rules'"),
        (["typo"], [], "first input: ValueError: there is no broadcast state 'rulez'"),
        ([], ["state"], "second input: RuntimeError: there is no current key here"),
    ],
)
def test_a_write_from_the_wrong_side_and_a_state_that_is_not_there_are_errors(
    first: list[Any], second: list[Any], words: str
) -> None:
    stream = ruled(first, second)
    with pytest.raises(UserFunctionError) as failed, stream.execute_and_collect() as results:
        list(results)
    text = str(failed.value)
    assert words in text
    assert f"operator 'Keyed-Co-Process-Broadcast' ({__file__}:" in text
    assert f" at {__file__}:" in text


def test_a_broadcast_row_has_no_key_and_undoes_nothing_of_the_rows_before() -> None:
    env = environment()
    feeds, sink = [Feed(), Feed()], MemorySink()
    first, second = (stream_of(env, feed) for feed in feeds)
    keyed = first.key_by(lambda row: row % 2)
    stream = keyed.connect(second.broadcast(RULES)).process(Ruled())
    on_row_error(stream, "skip").sink_to(sink)
    run = Run(env)
    for index, row in [
        (0, 4),
        (1, 7),
        (0, 6),
        (1, "bad"),
        (0, 5),
        (1, "bad"),
        (1, "state"),
        (1, 8),
    ]:
        feeds[index].rows.append(row)
        run.settle()
    for feed in feeds:
        feed.rows.append(None)
    run.finish()
    none = -(2**63)
    rules = [(7, none), (8, none)]
    assert sink.rows == [(4, 0, 10, rules), (5, 1, 5, rules), (6, 0, 10, rules)]


class Timed(KeyedBroadcastProcessFunction):
    """Timers fire between the broadcast rows of one batch, and these have no key all the same."""

    def open(self, runtime_context: Any) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: Any, ctx: Any) -> Any:
        self.count.update(1)
        ctx.timer_service().register_event_time_timer(1000)
        ctx.timer_service().register_event_time_timer(3000)

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        ctx.get_broadcast_state(RULES).put(value[0], ctx.current_watermark())
        if value[0] == 4000:
            self.count.update(100)
        yield "rule", value[0]

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        self.count.update(self.count.value() + 1)
        yield timestamp, self.count.value(), sorted(ctx.get_broadcast_state(RULES).keys())


@pytest.mark.parametrize("batch_rows", [1, 2, 8192])
def test_timers_fire_between_broadcast_rows_of_a_batch(batch_rows: int) -> None:
    env = environment(flinkette_batch_rows=batch_rows)
    feeds, sink, failed = [Feed(), Feed()], MemorySink(), MemorySink()
    strategy = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner("f0")
    first, second = (
        stream_of(env, feed).assign_timestamps_and_watermarks(strategy) for feed in feeds
    )
    keyed = first.key_by(lambda row: "k")
    tag = OutputTag("failed")
    stream = keyed.connect(second.broadcast(RULES)).process(Timed())
    stream = on_row_error(stream, "side-output", tag)
    stream.sink_to(sink)
    stream.get_side_output(tag).sink_to(failed)
    run = Run(env)
    feeds[0].rows.append((90_000,))
    run.settle()
    feeds[1].rows += [(500,), (2000,), (4000,), (6000,)]
    run.settle()
    for feed in feeds:
        feed.rows.append(None)
    run.finish()
    assert sink.rows == [
        ("rule", 500), ("rule", 2000), (1000, 2, [500, 2000]), (3000, 3, [500, 2000]),
        ("rule", 6000),
    ]  # fmt: skip
    assert [each.value for each in failed.rows] == [(4000,)]
    assert "no current key" in failed.rows[0].error


class Everywhere(KeyedBroadcastProcessFunction):
    """Rows wait for a timer at the end; by then every subtask has every rule."""

    def process_element(self, value: Any, ctx: Any) -> Any:
        ctx.timer_service().register_event_time_timer(10)

    def process_broadcast_element(self, value: Any, ctx: Any) -> Any:
        ctx.get_broadcast_state(RULES).put(value, 1 + (ctx.get_broadcast_state(RULES)[value] or 0))

    def on_timer(self, timestamp: int, ctx: Any) -> Any:
        yield ctx.get_current_key(), tuple(sorted(ctx.get_broadcast_state(RULES).items()))


@pytest.mark.pipeline
@pytest.mark.parametrize("parallelism", [1, 3])
def test_every_subtask_has_every_broadcast_row_once(parallelism: int) -> None:
    env = environment(parallelism)
    rows = env.from_collection(list(range(20))).key_by(lambda row: row)
    rules = env.from_collection([1, 2, 1]).map(lambda rule: rule)
    stream = rows.connect(rules.broadcast(RULES)).process(Everywhere())
    with stream.execute_and_collect() as results:
        assert sorted(results) == [(key, ((1, 2), (2, 1))) for key in range(20)]
