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
    windows = windowed(job, pairs, root, late_tag)
    reduce, aggregate, process, apply = function_classes(root, job)
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


def windowed(job: Job, pairs: Any, root: str, late_tag: Any) -> Any:
    """Put the job's windows over a stream of (key, values)."""
    window = importlib.import_module(f"{root}.datastream.window")
    keyed = pairs if job.is_all else pairs.key_by(lambda pair: pair[0])
    if job.is_count and not job.is_all:
        return keyed.count_window(job.size, job.slide if job.kind == "sliding count" else 0)

    class Gap(window.SessionWindowTimeGapExtractor):
        def extract(self, element):
            return job.gap(element[1][0])

    time = importlib.import_module(f"{root}.common").Time.milliseconds
    size, slide, offset = time(job.size), time(job.slide), time(job.offset)
    assigner = {
        "tumbling": lambda: window.TumblingEventTimeWindows.of(size, offset),
        "sliding": lambda: window.SlidingEventTimeWindows.of(size, slide, offset),
        "session": lambda: window.EventTimeSessionWindows.with_gap(size),
        "dynamic session": lambda: window.EventTimeSessionWindows.with_dynamic_gap(Gap()),
        "count": lambda: window.CountTumblingWindowAssigner.of(job.size),
        "sliding count": lambda: window.CountSlidingWindowAssigner.of(job.size, job.slide),
    }[job.kind]()
    windows = keyed.window_all(assigner) if job.is_all else keyed.window(assigner)
    if job.is_count:
        return windows
    return windows.allowed_lateness(job.lateness).side_output_late_data(late_tag)


def function_classes(root: str, job: Job) -> tuple[type, type, type, type]:
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

    return Join, Gather, *window_function_classes(functions, job)


def window_function_classes(functions: Any, job: Job) -> tuple[type, type]:
    """Make the process and the apply function of a job."""
    is_time = not job.is_count

    def seen(key, window, pairs):
        bounds = (window.start, window.end) if is_time else (None, None)
        yield key, *bounds, tuple(value for _, values in pairs for value in values)

    class Process(functions.ProcessWindowFunction):
        def process(self, key, context, elements):
            return seen(key, context.window(), elements)

    class Apply(functions.WindowFunction):
        def apply(self, key, window, inputs):
            return seen(key, window, inputs)

    class ProcessAll(functions.ProcessAllWindowFunction):
        def process(self, context, elements):
            return seen(None, context.window(), elements)

    class ApplyAll(functions.AllWindowFunction):
        def apply(self, window, inputs):
            return seen(None, window, inputs)

    return (ProcessAll, ApplyAll) if job.is_all else (Process, Apply)
