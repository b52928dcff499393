"""Random windows, several on one keyed stream, with and without sharing their slices."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from flinkette.common import Configuration, Duration, Row, Time, Types, WatermarkStrategy
from flinkette.datastream import OutputTag, StreamExecutionEnvironment
from flinkette.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from flinkette.ext.aggregations import Avg, Count, First, Last, Max, Min, Sum

__all__ = ["SharedJob", "run_shared", "shared_job"]

SPECS = (Count(), Count("v"), Sum("v"), Min("v"), Max("v"), Avg("v"), First("v"), Last("v"))


@dataclass(frozen=True)
class Window:
    """One of several windows; a session cannot share and stays alone."""

    kind: str
    size: int
    slide: int
    offset: int
    lateness: int
    specs: tuple[Any, ...]
    with_window: bool

    def assigner(self) -> Any:
        """Make the assigner."""
        size, slide, offset = (Time.milliseconds(ms) for ms in (self.size, self.slide, self.offset))
        if self.kind == "session":
            return EventTimeSessionWindows.with_gap(size)
        if self.kind == "tumbling":
            return TumblingEventTimeWindows.of(size, offset)
        return SlidingEventTimeWindows.of(size, slide, offset)


@dataclass(frozen=True)
class SharedJob:
    """Rows (key, event time, v) and the windows on them; times in milliseconds."""

    seed: int
    windows: tuple[Window, ...]
    bound: int
    interval: int
    parallelism: int
    batch_rows: int
    rows: tuple[tuple[int, int, int | None], ...]


def shared_job(seed: int) -> SharedJob:
    """Make the job of a seed; every seed gives another, the same on every machine."""
    rng = random.Random(seed)

    def window() -> Window:
        size = rng.choice([1, 6, 7, 10, 24, 60])
        slide = rng.choice([max(1, size // 2), max(1, size // 3), size, size + 3])
        return Window(
            kind=rng.choice(["tumbling", "sliding", "sliding", "session"]),
            size=size,
            slide=slide,
            offset=rng.choice([0, 0, 2, -1]) if min(size, slide) > 2 else 0,
            lateness=rng.choice([0, 0, 10, 50]),
            specs=tuple(rng.sample(SPECS, rng.randint(1, 3))),
            with_window=rng.random() < 0.7,
        )

    step, spread = rng.choice([1, 4, 15]), rng.choice([0, 20, 80])
    return SharedJob(
        seed=seed,
        windows=tuple(window() for _ in range(rng.choice([1, 2, 3, 5, 20]))),
        bound=rng.choice([0, 2, 10]),
        interval=rng.choice([1, 5, 20]),
        parallelism=rng.choice([1, 1, 2]),
        batch_rows=rng.choice([1, 7, 8192]),
        rows=tuple(
            (
                rng.choice([1, 2, 3, 2**40]),
                index * step - rng.randint(0, spread),
                rng.choice([None, index, rng.randint(-9, 9)]),
            )
            for index in range(rng.choice([0, 5, 60, 120]))
        ),
    )


def run_shared(job: SharedJob, *, is_sharing: bool) -> list[tuple[int, str, Any]]:
    """Run a job; give (number of the window, "result" or "late", row) as they came out."""
    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", job.batch_rows)
    configuration.set_string("pipeline.auto-watermark-interval", f"{job.interval} ms")
    configuration.set_boolean("flinkette.window.sharing", is_sharing)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(job.parallelism)
    stream = env.from_collection(
        [Row(key=key, ts=time, v=v) for key, time, v in job.rows],
        type_info=Types.ROW_NAMED(["key", "ts", "v"], [Types.LONG()] * 3),
    )
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(job.bound))
    stamped = stream.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner("ts"))
    keyed = stamped.set_parallelism(1).key_by("key")
    late_tag = OutputTag("late")  # one tag for all of them: each has a side output of its own
    merged = None
    for number, window in enumerate(job.windows):
        windows = keyed.window(window.assigner()).allowed_lateness(window.lateness)
        results = windows.side_output_late_data(late_tag).aggregate(
            list(window.specs), with_key=True, with_window=window.with_window
        )
        results.name(f"window {number}").uid(f"uid {number}")
        for part in (
            results.map(lambda row, n=number: (n, "result", row)),
            results.get_side_output(late_tag).map(lambda row, n=number: (n, "late", row)),
        ):
            merged = part if merged is None else merged.union(part)
    assert merged is not None
    with merged.execute_and_collect() as values:
        return list(values)
