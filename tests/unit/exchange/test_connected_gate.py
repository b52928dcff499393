"""A gate of two inputs: each batch says which it is of, the watermark is the minimum of both."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flinkette._native.batch import Batch
from flinkette._native.buffer import Int64Buffer
from flinkette._native.marks import Marks
from flinkette.exchange.channel import LocalChannel
from flinkette.exchange.element import (
    MAX_WATERMARK_MS,
    MIN_WATERMARK_MS,
    EndOfInput,
    InputBatch,
    StatusChange,
    Watermark,
)
from flinkette.exchange.gate import Gate
from flinkette.exchange.watermark_merge import ConnectedWatermarkMerge
from unit.exchange.watermark_steps import STEPS, announced


def model(steps: list[tuple[int, Any]]) -> list[Any]:
    """What two inputs of one channel each announce together, as Flink's operators combine them."""
    reached, state = [MIN_WATERMARK_MS] * 2, ["active"] * 2
    announced, was_idle = MIN_WATERMARK_MS, False
    seen: list[Any] = []
    for index, step in steps:
        if state[index] == "end" or (isinstance(step, int) and state[index] == "idle"):
            continue
        if isinstance(step, int):
            reached[index] = max(reached[index], step)
        else:
            state[index] = step
        counting = [reached[i] for i in range(2) if state[i] == "active"]
        if state == ["end", "end"]:
            counting = [MAX_WATERMARK_MS]
        elif bool(counting) == was_idle:
            was_idle = not counting
            seen.append(StatusChange(is_idle=was_idle))
        merged = min(counting, default=announced)
        seen += [Watermark(merged)] if merged > announced else []
        announced = max(announced, merged)
    return seen


@given(STEPS)
def test_the_watermark_is_the_minimum_of_the_inputs_that_are_not_idle(
    steps: list[tuple[int, Any]],
) -> None:
    merge = ConnectedWatermarkMerge([0, 1])
    assert announced(merge, steps) == model(steps)
    assert merge.is_ended == (len({index for index, step in steps if step == "end"}) == 2)


def test_an_input_that_lags_when_it_is_active_again_holds_the_watermark_where_it_is() -> None:
    merge = ConnectedWatermarkMerge([0, 1])
    merge.on_watermark(1, 50)
    merge.on_status(1, is_idle=True)
    assert merge.on_watermark(0, 100) == [Watermark(100)]
    assert merge.on_status(1, is_idle=False) == []
    assert merge.on_watermark(0, 200) == []
    assert merge.lowest_input() == 1
    assert merge.on_watermark(1, 150) == [Watermark(150)]


def test_channels_of_one_input_merge_before_the_inputs_do() -> None:
    merge = ConnectedWatermarkMerge([1, 0, 1])
    assert merge.on_watermark(1, 40) == []
    assert merge.on_watermark(0, 10) == []
    assert merge.on_watermark(2, 20) == [Watermark(10)]
    assert merge.lowest_input() == 0
    assert merge.on_end(0) == [Watermark(20)]
    assert merge.lowest_input() == 2
    assert merge.on_end(2) == [Watermark(40)]
    assert not merge.is_ended
    assert merge.on_end(1) == [Watermark(MAX_WATERMARK_MS)]
    assert merge.is_ended
    assert merge.lowest_input() is None


def drain(gate: Gate) -> list[Any]:
    seen = []
    while (each := gate.poll()) is not None:
        seen.append(each)
    return seen


def marked(row: Any, time_ms: int) -> Batch:
    marks = Marks(Int64Buffer.of([1]), Int64Buffer.of([time_ms]))
    return Batch.from_objects([row]).with_marks(marks)


@given(
    st.lists(st.sampled_from([0, 1]), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(-20, 60)), max_size=30),
    st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_marks_merge_as_watermarks_between_batches_do(
    inputs: list[int], steps: list[tuple[int, int]], has_marks: list[bool]
) -> None:
    plain, mixed = ([LocalChannel(200) for _ in inputs] for _ in range(2))
    gates = [Gate(plain, inputs), Gate(mixed, inputs)]
    reached = [-(10**9)] * len(inputs)
    seen: list[list[Any]] = [[], []]
    for (step, time), is_marked in zip(steps, has_marks, strict=False):
        index = step % len(inputs)
        reached[index] = time = max(reached[index] + 1, time)
        plain[index].put(Batch.from_objects([index]))
        plain[index].put(Watermark(time))
        if is_marked:
            mixed[index].put(marked(index, time))
        else:
            mixed[index].put(Batch.from_objects([index]))
            mixed[index].put(Watermark(time))
        for found, gate in zip(seen, gates, strict=True):
            for each in drain(gate):
                if isinstance(each, InputBatch):
                    assert each.input_index == inputs[index]
                    marks = each.batch.marks
                    found += each.batch.objects()
                    found += [] if marks is None else [Watermark(at) for at in marks.times]
                else:
                    found.append(each)
    assert seen[0] == seen[1]


def test_the_end_comes_once_after_both_inputs() -> None:
    channels = [LocalChannel(10), LocalChannel(10)]
    gate = Gate(channels, [0, 1])
    channels[1].put(Batch.from_objects(["b"]))
    channels[1].put(EndOfInput())
    first, *rest = drain(gate)
    assert (first.batch.objects(), first.input_index, rest) == (["b"], 1, [])
    channels[0].put(Batch.from_objects(["a"]))
    channels[0].put(EndOfInput())
    second, *rest = drain(gate)
    assert (second.batch.objects(), second.input_index) == (["a"], 0)
    assert rest == [Watermark(MAX_WATERMARK_MS), EndOfInput()]


def test_one_channel_alone_says_its_input_too() -> None:
    channel = LocalChannel(10)
    channel.put(Batch.from_objects(["b"]))
    gate = Gate([channel], [1])
    assert gate.only_channel is None
    element = gate.poll()
    assert isinstance(element, InputBatch)
    assert element.input_index == 1
