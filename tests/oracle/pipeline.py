"""The pipeline of a job, on any package whose API is PyFlink's."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from oracle.jobs import Job

__all__ = ["build"]


def build(job: Job, stamped: Any, root: str, key_of: Callable[[Any], Any]) -> Any:
    """Append the job's window to a stream of rows (key, time, value), and tag what comes out.

    Gives a stream of ("late", value) and ("on time", key, start, end, values), where start and end
    are None if the function is not told its window. `root` is the package that has the API.
    """
    # One subtask up to key_by: rows and watermarks reach every window subtask in one order.
    pairs = stamped.map(lambda row: (key_of(row), (row[2],))).set_parallelism(1)
    late_tag = importlib.import_module(f"{root}.datastream").OutputTag("late")
    windows = windowed(job, pairs.key_by(lambda pair: pair[0]), root, late_tag)
    reduce, aggregate, process, apply = function_classes(root, is_time=not job.is_count)
    name, _, after = job.function.partition(", ")
    second = {"process": process, "apply": apply}.get(after, lambda: None)()
    results = {
        "reduce": lambda: windows.reduce(reduce(), second),
        "aggregate": lambda: windows.aggregate(aggregate(), second),
        "process": lambda: windows.process(process()),
        "apply": lambda: windows.apply(apply()),
    }[name]()
    if job.has_bounds:
        tagged = results.map(lambda result: ("on time", *result))
    else:
        tagged = results.map(lambda result: ("on time", result[0], None, None, result[1]))
    if job.is_count:
        return tagged
    return tagged.union(results.get_side_output(late_tag).map(lambda pair: ("late", *pair[1])))


def windowed(job: Job, keyed: Any, root: str, late_tag: Any) -> Any:
    """Put the job's windows over a keyed stream."""
    if job.is_count:
        return keyed.count_window(job.size, job.slide if job.kind == "sliding count" else 0)
    window = importlib.import_module(f"{root}.datastream.window")
    time = importlib.import_module(f"{root}.common").Time.milliseconds
    size, slide, offset = time(job.size), time(job.slide), time(job.offset)
    assigner = {
        "tumbling": lambda: window.TumblingEventTimeWindows.of(size, offset),
        "sliding": lambda: window.SlidingEventTimeWindows.of(size, slide, offset),
        "session": lambda: window.EventTimeSessionWindows.with_gap(size),
    }[job.kind]()
    return keyed.window(assigner).allowed_lateness(job.lateness).side_output_late_data(late_tag)


def function_classes(root: str, *, is_time: bool) -> tuple[type, type, type, type]:
    """Make functions that keep every value of a window, in the order they saw them.

    They are made here, not at the top of the module, so that they travel to PyFlink's workers by
    value.
    """
    functions = importlib.import_module(f"{root}.datastream.functions")

    class Join(functions.ReduceFunction):
        def reduce(self, value1, value2):
            return value1[0], value1[1] + value2[1]

    class Gather(functions.AggregateFunction):
        def create_accumulator(self):
            return None, ()

        def add(self, value, accumulator):
            return value[0], accumulator[1] + value[1]

        def get_result(self, accumulator):
            return accumulator

        def merge(self, acc_a, acc_b):
            return acc_b[0] if acc_a[1] == () else acc_a[0], acc_a[1] + acc_b[1]

    class Process(functions.ProcessWindowFunction):
        def process(self, key, context, elements):
            bounds = (context.window().start, context.window().end) if is_time else (None, None)
            yield key, *bounds, tuple(item for _, values in elements for item in values)

    class Apply(functions.WindowFunction):
        def apply(self, key, window, inputs):
            bounds = (window.start, window.end) if is_time else (None, None)
            yield key, *bounds, tuple(item for _, values in inputs for item in values)

    return Join, Gather, Process, Apply
