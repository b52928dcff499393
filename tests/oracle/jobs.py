"""Random window jobs from a seed, and the pipeline of a job on any API that looks like PyFlink's."""

from __future__ import annotations

import importlib
import random
from dataclasses import dataclass
from typing import Any

__all__ = ["Job", "build", "grouped", "random_job"]

KEYS: dict[str, list[Any]] = {
    "int": [0, -1, 7, 2**40, 12345],
    "str": ["", "a", "ünï", "long key " * 5],
    "tuple": [("a", 1), ("a", 2), ("b", (1, None)), ()],
    "mixed": [1, 1.0, True, 0, 0.0, -0.0, False, "1"],
    "none": [None, "x", 0],
}
KINDS = ("tumbling", "sliding", "session", "count", "sliding count")
FUNCTIONS = (
    "reduce",
    "reduce, process",
    "reduce, apply",
    "aggregate",
    "aggregate, process",
    "aggregate, apply",
    "process",
    "apply",
)


@dataclass(frozen=True)
class Job:
    """One keyed window over bounded rows of (key, event time, value); times in milliseconds."""

    seed: int
    kind: str
    size: int
    slide: int
    offset: int
    lateness: int
    bound: int
    interval: int
    parallelism: int
    function: str
    key_type: str
    rows: tuple[tuple[Any, int, int], ...]

    @property
    def has_bounds(self) -> bool:
        """Whether results name their window."""
        return "," in self.function or self.function in ("process", "apply")

    @property
    def is_count(self) -> bool:
        """Whether windows are of rows, not of time."""
        return "count" in self.kind


def random_job(seed: int) -> Job:
    """Make the job of a seed; every seed gives another, the same on every machine."""
    rng = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    key_type = rng.choice(list(KEYS))
    row_count = rng.choice([0, 1, 5, 40, 40, 120])
    spread = rng.choice([0, 3, 20, 100])
    step = rng.choice([1, 4, 15])
    start = rng.choice([0, -50, 1_357_000_000_000])
    size = rng.choice([1, 7, 10, 25]) if "count" not in kind else rng.choice([1, 2, 5])
    return Job(
        seed=seed,
        kind=kind,
        size=size,
        slide=rng.choice([max(1, size // 2), max(1, size // 3), size, size + 3]),
        offset=rng.choice([0, 0, 3, -2]) if size > 3 else 0,
        lateness=rng.choice([0, 0, 5, 30]),
        bound=rng.choice([0, 2, 10]),
        interval=rng.choice([1, 5, 50]),
        parallelism=rng.choice([1, 2, 3]),
        function=rng.choice(FUNCTIONS),
        key_type=key_type,
        rows=tuple(
            (
                rng.choice(KEYS[key_type]),
                start + index * step - rng.randint(0, spread),
                index,
            )
            for index in range(row_count)
        ),
    )


def grouped(results: list[tuple[Any, ...]], job: Job) -> dict[str, list[Any]]:
    """Order results so that equal ones are equal: per key, in order; sessions hold sets."""
    groups: dict[str, list[Any]] = {}
    for key, start, end, values in results:
        seen = tuple(sorted(values) if job.kind == "session" else values)
        bounds = (start, end) if job.has_bounds and not job.is_count else ()
        groups.setdefault(repr(key), []).append((*bounds, seen))
    return groups


def build(job: Job, stamped: Any, root: str, key_of: Any) -> Any:
    """Append the job's window to a stream of rows (key, time, value), and tag what comes out.

    Gives a stream of ("late", value) and ("on time", key, start, end, values), where start and end
    are None if the function is not told its window. `root` is the package that has the API.
    """
    functions = importlib.import_module(f"{root}.datastream.functions")
    window = importlib.import_module(f"{root}.datastream.window")
    datastream = importlib.import_module(f"{root}.datastream")
    is_time = not job.is_count
    late_tag = datastream.OutputTag("late")

    class Gather(functions.AggregateFunction):
        def create_accumulator(self):
            return None, ()

        def add(self, value, accumulator):
            return value[0], (*accumulator[1], *value[1])

        def get_result(self, accumulator):
            return accumulator

        def merge(self, acc_a, acc_b):
            return acc_a[0] or acc_b[0], acc_a[1] + acc_b[1]

    class Join(functions.ReduceFunction):
        def reduce(self, value1, value2):
            return value1[0], value1[1] + value2[1]

    class Process(functions.ProcessWindowFunction):
        def process(self, key, context, elements):
            bounds = (context.window().start, context.window().end) if is_time else (None, None)
            yield key, *bounds, tuple(item for _, values in elements for item in values)

    class Apply(functions.WindowFunction):
        def apply(self, key, window, inputs):
            bounds = (window.start, window.end) if is_time else (None, None)
            yield key, *bounds, tuple(item for _, values in inputs for item in values)

    pairs = stamped.map(lambda row: (key_of(row), (row[2],))).set_parallelism(1)
    keyed = pairs.key_by(lambda pair: pair[0])
    time = importlib.import_module(f"{root}.common").Time.milliseconds
    if job.is_count:
        windows = keyed.count_window(job.size, job.slide if job.kind == "sliding count" else 0)
    else:
        windows = keyed.window(
            {
                "tumbling": lambda: window.TumblingEventTimeWindows.of(
                    time(job.size), time(job.offset)
                ),
                "sliding": lambda: window.SlidingEventTimeWindows.of(
                    time(job.size), time(job.slide), time(job.offset)
                ),
                "session": lambda: window.EventTimeSessionWindows.with_gap(time(job.size)),
            }[job.kind]()
        )
        windows = windows.allowed_lateness(job.lateness).side_output_late_data(late_tag)
    name, _, after = job.function.partition(", ")
    second = {"process": Process, "apply": Apply}.get(after)
    if name == "reduce":
        results = windows.reduce(Join(), second() if second else None)
    elif name == "aggregate":
        results = windows.aggregate(Gather(), second() if second else None)
    else:
        results = windows.process(Process()) if name == "process" else windows.apply(Apply())
    if second or name in ("process", "apply"):
        tagged = results.map(lambda result: ("on time", *result))
    else:
        tagged = results.map(lambda result: ("on time", result[0], None, None, result[1]))
    if job.is_count:
        return tagged
    return tagged.union(results.get_side_output(late_tag).map(lambda pair: ("late", *pair[1])))
