"""Random windows of built-in aggregates, run natively and by the general window operator."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from flinkette.common import Configuration, Duration, Row, Time, Types, WatermarkStrategy
from flinkette.contracts.aggregates import WithFields, combined
from flinkette.datastream import AggregateFunction, OutputTag, StreamExecutionEnvironment
from flinkette.datastream.window import (
    CountSlidingWindowAssigner,
    CountTumblingWindowAssigner,
    EventTimeSessionWindows,
)
from flinkette.ext.aggregations import (
    Avg,
    Collect,
    Count,
    CountDistinct,
    First,
    Last,
    Max,
    MaxBy,
    Min,
    MinBy,
    StdDev,
    Sum,
    TopN,
)

__all__ = ["AggregateJob", "aggregate_job", "run", "windowed"]

KEYS: dict[str, tuple[Any, list[Any]]] = {
    "int": (Types.LONG(), [0, -1, 7, 2**40, 12345]),
    "str": (Types.STRING(), ["", "a", "ünï", "long key " * 5]),
    "undeclared": (Types.LONG(), [0, 1, 2, 3]),
}
UNDECLARED = (1, 1.0, "1", ("a", None))
EXACT = (
    *(Count(), Count("v"), Sum("v"), Avg("v"), CountDistinct("v"), TopN("v", 3)),
    *(Min("v"), Max("v"), Min("x"), Max("x")),
)
ORDERED = (
    *(First("v"), Last("v"), First("x"), Last("x"), Collect("v")),
    *(MinBy("v"), MaxBy("v"), MinBy("x"), MaxBy("x")),
)
ROUNDED = (Sum("x"), Avg("x"), StdDev("x"), StdDev("v", population=True))


@dataclass(frozen=True)
class AggregateJob:
    """Aggregates of one window over rows (key, event time, v, x); times in milliseconds."""

    seed: int
    kind: str
    size: int
    slide: int
    lateness: int
    bound: int
    interval: int
    parallelism: int
    batch_rows: int
    key_type: str
    specs: tuple[Any, ...]
    with_key: bool
    with_window: bool
    rows: tuple[tuple[Any, int, int | None, float], ...]


def aggregate_job(seed: int) -> AggregateJob:
    """Make the job of a seed; every seed gives another, the same on every machine."""
    rng = random.Random(seed)
    kind = ("session", "session", "count", "sliding count")[seed % 4]
    key_type = rng.choice(list(KEYS))
    row_count = rng.choice([0, 1, 10, 80, 200])
    spread, step = rng.choice([0, 20, 50, 100]), rng.choice([1, 4, 15])
    start = rng.choice([0, -50, 1_357_000_000_000])
    is_count = "count" in kind
    parallelism = rng.choice([1, 1, 2, 3])
    # first and last of sessions run in the general operator
    choice = (*EXACT, *ROUNDED, *(ORDERED if is_count or rng.random() < 0.1 else ()))
    return AggregateJob(
        seed=seed,
        kind=kind,
        size=rng.choice([1, 2, 5, 9] if is_count else [1, 7, 10, 25]),
        slide=rng.choice([1, 2, 3, 7]),
        lateness=rng.choice([0, 5, 30, 60]),
        bound=rng.choice([0, 0, 2, 10]),
        interval=rng.choice([1, 5, 20]),
        parallelism=parallelism,
        batch_rows=rng.choice([1, 2, 7, 64, 8192]),
        key_type=key_type,
        specs=tuple(rng.sample(choice, rng.randint(1, 5))),
        # rows of several subtasks come in any order; a key tells which belong together
        with_key=parallelism > 1 or rng.random() < 0.7,
        with_window=not is_count and rng.random() < 0.7,
        rows=tuple(
            (
                rng.choice(KEYS[key_type][1]),
                start + index * step - rng.randint(0, spread),
                rng.choice([None, 0, index, -(2**40), rng.randint(-9, 9)]),
                rng.choice([0.5, -1.25, float(index), 1e9, rng.random()]),
            )
            for index in range(row_count)
        ),
    )


class InPython(AggregateFunction):
    """Built-in aggregates that nobody recognises: the general window operator runs them."""

    def __init__(self, specs: tuple[Any, ...]) -> None:
        self._function = combined(specs, is_row=True)

    def create_accumulator(self) -> Any:
        return self._function.create_accumulator()

    def add(self, value: Any, accumulator: Any) -> Any:
        return self._function.add(value, accumulator)

    def get_result(self, accumulator: Any) -> Any:
        return self._function.get_result(accumulator)

    def merge(self, acc_a: Any, acc_b: Any) -> Any:
        return self._function.merge(acc_a, acc_b)


def keyed(job: AggregateJob, env: StreamExecutionEnvironment) -> Any:
    """Read the rows of a job, with event times, by key."""
    types = [KEYS[job.key_type][0], Types.LONG(), Types.LONG(), Types.DOUBLE()]
    stream = env.from_collection(
        [Row(key=key, ts=time, v=v, x=x) for key, time, v, x in job.rows],
        type_info=Types.ROW_NAMED(["key", "ts", "v", "x"], types),
    )
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(job.bound))
    stamped = stream.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner("ts"))
    if job.key_type == "undeclared":
        return stamped.set_parallelism(1).key_by(lambda row: UNDECLARED[row["key"]])
    return stamped.set_parallelism(1).key_by("key")


def assigner(job: AggregateJob) -> Any:
    """Make the window of a job."""
    if job.kind == "session":
        return EventTimeSessionWindows.with_gap(Time.milliseconds(job.size))
    if job.kind == "count":
        return CountTumblingWindowAssigner.of(job.size)
    return CountSlidingWindowAssigner.of(job.size, job.slide)


def environment(job: AggregateJob) -> StreamExecutionEnvironment:
    """Make an environment with the settings of a job."""
    configuration = Configuration()
    configuration.set_integer("flinkette.batch.rows", job.batch_rows)
    configuration.set_string("pipeline.auto-watermark-interval", f"{job.interval} ms")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(job.parallelism)
    return env


def windowed(job: AggregateJob) -> Any:
    """Return the node of a job's window of built-in aggregates."""
    windows = keyed(job, environment(job)).window(assigner(job))
    results = windows.aggregate(list(job.specs), with_key=job.with_key, with_window=job.with_window)
    return results.get_execution_environment()._stream_graph.nodes[-1]


def run(job: AggregateJob, *, in_python: bool) -> list[tuple[str, Any]]:
    """Run a job; give ("result" or "late", value) in the order they came out."""
    windows = keyed(job, environment(job)).window(assigner(job))
    late_tag = OutputTag("late")
    if job.kind == "session":
        windows = windows.allowed_lateness(job.lateness).side_output_late_data(late_tag)
    if not in_python:
        results = windows.aggregate(
            list(job.specs), with_key=job.with_key, with_window=job.with_window
        )
    else:
        fields = None
        if job.with_key or job.with_window:
            fields = WithFields(has_key=job.with_key, has_window=job.with_window, result_name=None)
        results = windows.aggregate(InPython(job.specs), fields)
    tagged = results.map(lambda row: ("result", row))
    if job.kind == "session":
        late = results.get_side_output(late_tag)
        tagged = tagged.union(late.map(lambda row: ("late", row)))
    with tagged.execute_and_collect() as values:
        return list(values)
