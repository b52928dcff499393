"""Flink's general window operator: any assigner, trigger and function (contract 15)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from flinkette._native.window import WindowOperator as NativeWindowOperator
from flinkette._native.window_spec import WindowSpec
from flinkette.contracts import window as assigners
from flinkette.contracts.functions import (
    AllWindowFunction,
    Function,
    ProcessAllWindowFunction,
    ProcessWindowFunction,
    WindowFunction,
)
from flinkette.contracts.join_functions import FlatJoinFunction
from flinkette.contracts.output_tag import OutputTag
from flinkette.contracts.window import CountWindow, TimeWindow
from flinkette.runtime.context import SubtaskRuntimeContext
from flinkette.runtime.failures import make_error, make_row_error
from flinkette.runtime.operator import Operator, PendingTimer
from flinkette.runtime.operators.keyed import Keys
from flinkette.runtime.operators.rows import converter_of
from flinkette.runtime.operators.window_context import FunctionContext, TriggerRuntime
from flinkette.runtime.user_code import bound, close_all, open_function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flinkette._native.batch import Batch
    from flinkette.graph.operators import WindowDescription
    from flinkette.runtime.operator import OperatorInfo, SubtaskContext

__all__ = ["WindowOperator"]

TWO_SIDED_KINDS = ("join", "co_group")
COUNT_ASSIGNERS = (assigners.CountTumblingWindowAssigner, assigners.CountSlidingWindowAssigner)


class WindowOperator(Operator):
    """Windows of a keyed stream, or of a whole stream under one key."""

    def __init__(self, info: OperatorInfo, description: WindowDescription) -> None:
        super().__init__(info)
        self._description = description
        self._functions: list[Function] = []

    def open(self, context: SubtaskContext) -> None:
        super().open(context)
        description = self._description
        self._keys = Keys(context)
        trigger_context = TriggerRuntime(
            context.clock, context.metrics.of(self.info.node.node_id, self.info.name)
        )
        is_merging = isinstance(description.assigner, assigners.MergingWindowAssigner)
        function_context = FunctionContext(
            context.clock, self._keys.context, self.info, is_merging=is_merging
        )
        runtime_context = SubtaskRuntimeContext(context, self.info, self._keys.context)
        policy = self.info.node.row_error
        spec = WindowSpec(
            **assigner_spec(description, runtime_context),
            **trigger_spec(description),
            **contents_spec(description),
            **evictor_spec(description),
            **emit_spec(description),
            trigger_context=trigger_context,
            function_context=function_context,
            is_all=description.is_all,
            lateness=description.allowed_lateness_ms,
            late_tag=description.late_tag,
            converter=converter_of(self.info.node.output_type),
            info=self.info,
            input_infos=self._input_infos(),
            error_action=policy.action,
            error_tag=policy.tag,
        )
        self._native = self._kernel = NativeWindowOperator(
            spec,
            keys=self._keys.context,
            now_ms=context.clock.now_ms,
            tag_class=OutputTag,
            make_error=make_error,
            make_row_error=make_row_error,
        )
        self._is_batch = context.is_batch
        if self._is_batch:
            self._native.end_each_key()
        trigger_context.attach(self._native)
        function_context.attach(self._native)
        for func in (description.function, description.window_function):
            if isinstance(func, Function):
                open_function(func, runtime_context, self.info)
                self._functions.append(func)

    @property
    def late_rows_dropped(self) -> int:
        """Rows that came after their window was gone and had no side output to go to."""
        dropped: int = self._native.late_rows_dropped
        return dropped

    def _input_infos(self) -> tuple[OperatorInfo, OperatorInfo] | None:
        if self._description.kind not in TWO_SIDED_KINDS:
            return None
        return replace(self.info, input_index=0), replace(self.info, input_index=1)

    def select_input(self, index: int) -> None:
        self._native.select_input(index)

    @property
    def keys(self) -> Keys:
        return self._keys

    def pending_timers(self) -> list[PendingTimer]:
        return [
            PendingTimer(time_ms, key, is_event_time, window)
            for is_event_time in (True, False)
            for time_ms, key, window in self._native.pending(is_event_time)
        ]

    def live_windows(self) -> list[tuple[Any, Any]]:
        windows: list[tuple[Any, Any]] = self._native.windows()
        return windows

    def start_batch(self, batch: Batch) -> None:
        if self._description.is_all:
            ids = self._keys.ids_of_one_key(batch.num_rows)
        else:
            ids = self._keys.ids(batch)
        self._native.load(batch, ids)

    def start_watermark(self, time_ms: int) -> bool:
        self._native.load_event_timers(time_ms)
        return True

    def finish_work(self) -> None:
        self._keys.release()
        super().finish_work()

    def next_processing_time(self) -> int | None:
        if self._is_batch:
            return None  # windows end with their key
        due: int | None = self._native.next_processing_time()
        return due

    def start_processing_time(self, now_ms: int) -> None:
        self.is_busy = True
        self._native.load_processing_timers(now_ms)

    def close(self) -> None:
        functions, self._functions = self._functions, []
        close_all(functions, self.info)


def make_time_window(start: int, end: int) -> TimeWindow:
    """Make the window object users see."""
    return TimeWindow(start, end)


def make_count_window(start: int, _end: int) -> CountWindow:
    """Make the window object users see; `start` is the count window's number."""
    return CountWindow(start)


class AssignerContext:
    """WindowAssignerContext for assigners written in Python."""

    def __init__(self, runtime_context: SubtaskRuntimeContext) -> None:
        self._runtime_context = runtime_context

    def get_runtime_context(self) -> SubtaskRuntimeContext:
        """Return the operator's runtime context."""
        return self._runtime_context

    def get_current_processing_time(self) -> int:
        """Return the processing time in ms."""
        return self._runtime_context.now_ms()


def assigner_spec(
    description: WindowDescription, runtime_context: SubtaskRuntimeContext
) -> dict[str, Any]:
    """Translate the assigner into what the native operator reads."""
    assigner = description.assigner
    common = {"is_event_time": assigner.is_event_time(), "make_window": make_time_window}
    if isinstance(
        assigner,
        (assigners.TumblingEventTimeWindows, assigners.TumblingProcessingTimeWindows),
    ):
        return {
            "assigner": "tumbling",
            "size": assigner.size_ms,
            "offset": assigner.offset_ms,
            **common,
        }
    if isinstance(
        assigner, (assigners.SlidingEventTimeWindows, assigners.SlidingProcessingTimeWindows)
    ):
        return {
            "assigner": "sliding",
            "size": assigner.size_ms,
            "slide": assigner.slide_ms,
            "offset": assigner.offset_ms,
            **common,
        }
    if isinstance(
        assigner, (assigners.EventTimeSessionWindows, assigners.ProcessingTimeSessionWindows)
    ):
        return {"assigner": "session", "size": assigner.gap_ms, **common}
    if isinstance(
        assigner,
        (assigners.DynamicEventTimeSessionWindows, assigners.DynamicProcessingTimeSessionWindows),
    ):
        return {
            "assigner": "dynamic_session",
            "assign": assigner.gap_extractor.extract,
            **common,
        }
    if isinstance(assigner, COUNT_ASSIGNERS) and description.trigger is None:
        common["make_window"] = make_count_window
        if isinstance(assigner, assigners.CountTumblingWindowAssigner):
            return {"assigner": "count_tumbling", "size": assigner.size, **common}
        return {
            "assigner": "count_sliding",
            "size": assigner.size,
            "slide": assigner.slide,
            **common,
        }
    context = AssignerContext(runtime_context)
    merging: dict[str, Any] = {"assigner": "custom"}
    if isinstance(assigner, assigners.MergingWindowAssigner):
        merging = {
            "assigner": "custom_merging",
            "merge_windows": lambda windows: merges_of(assigner, windows),
        }
    return {
        **merging,
        "assign": lambda element, timestamp: assigner.assign_windows(element, timestamp, context),
        **common,
    }


class Merges:
    """MergeCallback that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[list[Any], Any]] = []

    def merge(self, to_be_merged: Iterable[Any], merge_result: Any) -> None:
        """Remember that windows become one."""
        self.told.append((list(to_be_merged), merge_result))


def merges_of(
    assigner: assigners.MergingWindowAssigner[Any, Any], windows: list[Any]
) -> list[tuple[list[Any], Any]]:
    """Ask a user's assigner which windows of a key become which one."""
    merges = Merges()
    assigner.merge_windows(windows, cast("Any", merges))
    return merges.told


def trigger_spec(description: WindowDescription) -> dict[str, Any]:
    """Translate the trigger; built-in defaults run natively."""
    trigger = description.trigger
    assigner = description.assigner
    if trigger is None and isinstance(assigner, COUNT_ASSIGNERS):
        return {"trigger": "count", "count": assigner.size}
    if trigger is None:
        trigger = assigner.get_default_trigger(None)
    is_event_time = assigner.is_event_time()
    if type(trigger) is assigners.EventTimeTrigger and is_event_time:
        return {"trigger": "window_end"}
    if type(trigger) is assigners.ProcessingTimeTrigger and not is_event_time:
        return {"trigger": "window_end"}
    return {"trigger": "custom", "trigger_object": trigger}


def contents_spec(description: WindowDescription) -> dict[str, Any]:
    """Translate how a window keeps its rows."""
    func = description.function
    if description.kind == "reduce":
        return {"contents": "reduce", "reduce": bound(func, "reduce")}
    if description.kind == "aggregate":
        return {
            "contents": "aggregate",
            "create_accumulator": func.create_accumulator,
            "add": func.add,
            "get_result": func.get_result,
            "merge": func.merge,
        }
    return {"contents": "two_sides" if description.kind in TWO_SIDED_KINDS else "list"}


def evictor_spec(description: WindowDescription) -> dict[str, Any]:
    """Translate what drops rows when a window fires."""
    evictor = description.evictor
    if evictor is None:
        return {}
    return {"evict_before": evictor.evict_before, "evict_after": evictor.evict_after}


def emit_spec(description: WindowDescription) -> dict[str, Any]:
    """Translate what happens to a window's contents when it fires."""
    func = description.window_function
    if func is None:
        return {"emit": "plain"}
    if description.kind == "co_group":
        return {"emit": "co_group", "window_function": bound(func, "co_group")}
    if description.kind == "join":
        emit = "flat_join" if isinstance(func, FlatJoinFunction) else "join"
        return {"emit": emit, "window_function": bound(func, "join")}
    if isinstance(func, (WindowFunction, AllWindowFunction)):
        return {"emit": "apply", "window_function": func.apply}
    if isinstance(func, (ProcessWindowFunction, ProcessAllWindowFunction)):
        return {"emit": "process", "window_function": func.process, "clear_function": func.clear}
    return {"emit": "apply", "window_function": func}
