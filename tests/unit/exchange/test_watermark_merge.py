"""Merging watermarks against Flink's rule written as one function of the whole history."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from flinkette.exchange.element import (
    MAX_WATERMARK_MS,
    MIN_WATERMARK_MS,
    StatusChange,
    Watermark,
)
from flinkette.exchange.watermark_merge import WatermarkMerge
from unit.exchange.watermark_steps import STEPS, announced


def model(steps: list[tuple[int, Any]], inputs: int) -> list[Any]:
    """What is announced; an idle input's watermarks do not count, nor do those of one that lags."""
    reached, state = [MIN_WATERMARK_MS] * inputs, ["active"] * inputs
    announced, was_idle, seen = MIN_WATERMARK_MS, False, []
    for index, step in steps:
        if state[index] == "end" or (isinstance(step, int) and state[index] == "idle"):
            continue
        if isinstance(step, int):
            reached[index] = max(reached[index], step)
        else:
            state[index] = step
        active = [i for i in range(inputs) if state[i] == "active"]
        waiting = [i for i in range(inputs) if state[i] == "idle"]
        aligned = [reached[i] for i in active if reached[i] >= announced]
        if not active and not waiting:
            merged = MAX_WATERMARK_MS
        elif active:
            merged = min(aligned, default=announced)
        else:
            merged = max(reached[i] for i in waiting)
        is_idle = bool(waiting) and not active
        seen += [StatusChange(is_idle=False)] if was_idle and active else []
        seen += [Watermark(merged)] if merged > announced else []
        seen += [StatusChange(is_idle=True)] if is_idle and not was_idle else []
        announced, was_idle = max(announced, merged), is_idle or (was_idle and not active)
    return seen


@given(STEPS)
def test_the_merged_watermark_is_the_minimum_of_the_active_inputs(steps: list[Any]) -> None:
    assert announced(WatermarkMerge(2), steps) == model(steps, 2)


@given(STEPS)
def test_the_merged_watermark_never_goes_back(steps: list[Any]) -> None:
    times = [
        each.time_ms for each in announced(WatermarkMerge(2), steps) if isinstance(each, Watermark)
    ]
    assert times == sorted(set(times))


def test_an_input_that_ends_while_idle_does_not_end_the_others() -> None:
    merge = WatermarkMerge(2)
    merge.on_watermark(1, 5)
    merge.on_status(0, is_idle=True)
    merge.on_status(1, is_idle=True)
    # what a source without splits sends at its end
    assert merge.on_watermark(0, MAX_WATERMARK_MS) == []
    assert merge.on_end(0) == []
    assert merge.current_ms == 5


def test_the_slowest_active_input_is_named() -> None:
    merge = WatermarkMerge(3)
    merge.on_watermark(0, 5)
    merge.on_watermark(1, 3)
    merge.on_status(2, is_idle=True)
    assert merge.lowest_input() == 1
    for index in range(3):
        merge.on_end(index)
    assert merge.lowest_input() is None
    assert merge.is_ended
