"""Triggers, assigners and merging as a list of what they do, on flinkette or on PyFlink.

The recording beside it comes from PyFlink 2.3:

    python tests/unit/contracts/window_script.py pyflink > tests/unit/contracts/window_script.json
"""

from __future__ import annotations

import importlib
import json
import random
import sys
from typing import Any

TIMES = (9, 10, 14, 20, 21, 28, 35, 42, 49, 50, 55)


class ReducingState:
    def __init__(self, descriptor: Any) -> None:
        self.descriptor, self.kept = descriptor, None

    def add(self, value: Any) -> None:
        function = self.descriptor.get_reduce_function()
        self.kept = value if self.kept is None else function.reduce(self.kept, value)

    def get(self) -> Any:
        return self.kept

    def clear(self) -> None:
        self.kept = None


class ValueState:
    kept = None

    def value(self) -> Any:
        return self.kept

    def update(self, value: Any) -> None:
        self.kept = value


class Context:
    """Clocks that are set by hand, state in a dict, and a log of what was asked for."""

    def __init__(self) -> None:
        self.watermark, self.now = -(2**63), 0
        self.log: list[Any] = []
        self.states: dict[str, Any] = {}

    def get_current_processing_time(self) -> int:
        return self.now

    def get_current_watermark(self) -> int:
        return self.watermark

    def get_runtime_context(self) -> Context:
        return self

    def get_state(self, descriptor: Any) -> Any:
        return self.states.setdefault(descriptor.get_name(), ValueState())

    def get_partitioned_state(self, descriptor: Any) -> Any:
        return self.states.setdefault(descriptor.get_name(), ReducingState(descriptor))

    def merge_partitioned_state(self, descriptor: Any) -> None:
        self.log.append(["merge", descriptor.get_name()])

    def register_event_time_timer(self, time: int) -> None:
        self.log.append(["register event", time])

    def register_processing_time_timer(self, time: int) -> None:
        self.log.append(["register processing", time])

    def delete_event_time_timer(self, time: int) -> None:
        self.log.append(["delete event", time])

    def delete_processing_time_timer(self, time: int) -> None:
        self.log.append(["delete processing", time])


def triggers(w: Any, millis: Any) -> dict[str, Any]:
    return {
        "event": w.EventTimeTrigger,
        "processing": w.ProcessingTimeTrigger,
        "continuous event": lambda: w.ContinuousEventTimeTrigger.of(millis(7)),
        "continuous processing": lambda: w.ContinuousProcessingTimeTrigger.of(millis(7)),
        "count": lambda: w.CountTrigger.of(3),
        "never": w.NeverTrigger,
        "purging count": lambda: w.PurgingTrigger.of(w.CountTrigger.of(2)),
        "purging event": lambda: w.PurgingTrigger.of(w.EventTimeTrigger()),
    }


def trigger_steps(w: Any, make: Any, seed: int) -> list[Any]:
    """A random life of one window [10, 50): each step with result, timers asked for and state."""
    rng, trigger, context, window = random.Random(seed), make(), Context(), w.TimeWindow(10, 50)
    steps = []
    for _ in range(14):
        action = rng.choice(("row", "row", "event", "processing", "merge", "clear", "watermark"))
        time = rng.choice(TIMES)
        result: Any = None
        if action == "row":
            result = trigger.on_element("row", time, window, context).name
        elif action == "event":
            result = trigger.on_event_time(time, window, context).name
        elif action == "processing":
            result = trigger.on_processing_time(time, window, context).name
        elif action == "merge":
            trigger.on_merge(window, context)
        elif action == "clear":
            trigger.clear(window, context)
        else:
            context.watermark = context.now = max(context.now, time)
        states = {name: state.kept for name, state in sorted(context.states.items())}
        steps.append([action, time, result, context.log, states])
        context.log = []
    return steps


def assigned(w: Any, seed: int) -> list[Any]:
    """What random assigners say about a random row."""
    rng = random.Random(seed)
    size, slide, offset = rng.randint(1, 20), rng.randint(1, 20), rng.randint(-12, 12)
    time, lines = rng.randint(-60, 60), []
    for name, arguments in (
        ("TumblingEventTimeWindows", (size, offset)),
        ("TumblingProcessingTimeWindows", (size, offset)),
        ("SlidingEventTimeWindows", (size, slide, offset)),
        ("SlidingProcessingTimeWindows", (size, slide, offset)),
        ("EventTimeSessionWindows", (size,)),
        ("ProcessingTimeSessionWindows", (size,)),
    ):
        context = Context()
        context.now = time + 3
        try:
            assigner = getattr(w, name)(*arguments)
        except Exception:
            lines.append([name, arguments, "refused"])
            continue
        windows = [str(window) for window in assigner.assign_windows("row", time, context)]
        trigger = type(assigner.get_default_trigger(None)).__name__
        lines.append([str(assigner), assigner.is_event_time(), trigger, time, windows])
    return lines


def counted(w: Any, size: int, slide: int) -> list[Any]:
    """The windows of 20 rows of one key by count."""
    context, tumbling = Context(), w.CountTumblingWindowAssigner.of(size)
    sliding = w.CountSlidingWindowAssigner.of(size, slide)
    return [
        [
            [window.id for window in assigner.assign_windows("row", 0, context)]
            for assigner in (tumbling, sliding)
        ]
        for _ in range(20)
    ]


class Merges:
    def __init__(self) -> None:
        self.log: list[Any] = []

    def merge(self, to_be_merged: Any, merge_result: Any) -> None:
        self.log.append([sorted(map(str, to_be_merged)), str(merge_result)])


def merged(w: Any, millis: Any, seed: int) -> list[Any]:
    """Which of some random sessions become one."""
    rng, merges = random.Random(seed), Merges()
    starts = [rng.randint(0, 60) for _ in range(rng.randint(0, 7))]
    windows = [w.TimeWindow(start, start + rng.randint(1, 10)) for start in starts]
    w.EventTimeSessionWindows.with_gap(millis(1)).merge_windows(windows, merges)
    return [list(map(str, windows)), sorted(merges.log)]


def play(w: Any, millis: Any) -> dict[str, Any]:
    """Everything, as plain data."""
    made = triggers(w, millis)
    return {
        "triggers": {
            name: [trigger_steps(w, make, seed) for seed in range(seed_at, seed_at + 6)]
            for seed_at, (name, make) in enumerate(made.items())
        },
        "can merge": {name: make().can_merge() for name, make in made.items()},
        "assigned": [assigned(w, seed) for seed in range(60)],
        "counted": {
            f"{size}/{slide}": counted(w, size, slide)
            for size, slide in ((3, 2), (2, 3), (5, 1), (4, 4))
        },
        "merged": [merged(w, millis, seed) for seed in range(60)],
    }


def main() -> None:
    package = sys.argv[1]
    millis = importlib.import_module(f"{package}.common.time").Time.milliseconds
    print(json.dumps(play(importlib.import_module(f"{package}.datastream.window"), millis)))


if __name__ == "__main__":
    main()
