"""Which windows run natively over slices: a pure function of what the user wrote (contract 15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flinkette._native.accumulators import KIND_NAMES
from flinkette._native.slice_window import refusal
from flinkette.contracts import aggregates
from flinkette.contracts.assigners import SlidingEventTimeWindows, TumblingEventTimeWindows
from flinkette.contracts.count_assigners import (
    CountSlidingWindowAssigner,
    CountTumblingWindowAssigner,
)
from flinkette.contracts.cumulative_windows import CumulativeEventTimeWindows
from flinkette.contracts.session_assigners import EventTimeSessionWindows
from flinkette.graph.operators import KeyByDescription, WindowDescription

if TYPE_CHECKING:
    from flinkette.contracts.aggregates import AggregateSpec
    from flinkette.contracts.output_tag import OutputTag
    from flinkette.contracts.typeinfo import TypeInformation
    from flinkette.graph.transformations import Transformation

__all__ = ["SlicePlan", "SlicedAggregate", "SlicedWindow", "plan_slices"]

TypeSpec = tuple[Any, ...]

TUMBLING, SLIDING, CUMULATIVE, SESSION, COUNT_ROWS = range(5)
"""Numbers of `WindowShape` in csrc/flk/window_kernel.h."""
LONGEST_MS = 2**60
ORDERED_KINDS = frozenset({"first", "last", "min_by", "max_by", "collect"})
"""Aggregates whose result tells which rows came first; accumulators go by arrival numbers."""


@dataclass(frozen=True)
class SlicedAggregate:
    """What one accumulator is made from."""

    kind: int
    field: int | str | None
    """Column of the input; None for single values."""
    spec: TypeSpec | None
    """Type of the column; None for a count of rows, which reads none."""
    option: int = 0
    parameter: float = 0.0
    reads_row: bool = False
    """Read the whole row as a struct, not a field."""


@dataclass(frozen=True)
class SlicedWindow:
    """A window definition and what its results look like. Times in ms."""

    shape: int
    size: int
    slide: int
    offset: int
    lateness: int
    accumulators: tuple[int, ...]
    """Indexes of the aggregates that make its results."""
    names: tuple[str, ...] | None
    """Fields of the result rows; None for single values."""
    has_key: bool
    has_window: bool
    late_tag: OutputTag | None

    @property
    def has_slices(self) -> bool:
        """Whether it is made of slices, which several windows can share."""
        return self.shape in (TUMBLING, SLIDING, CUMULATIVE)

    @property
    def is_event_time(self) -> bool:
        """Whether rows need an event time."""
        return self.shape != COUNT_ROWS


@dataclass(frozen=True)
class SlicePlan:
    """Everything the native operator needs to know before its first row."""

    aggregates: tuple[SlicedAggregate, ...]
    windows: tuple[SlicedWindow, ...]
    """One, unless several share slices."""
    key_spec: TypeSpec | None


def plan_slices(node: Transformation) -> SlicePlan | str:
    """Plan a window over slices, or say why the general window operator has to run it.

    Parameters
    ----------
    node : Transformation
        Any node of the program.

    Returns
    -------
    SlicePlan or str
        The plan, or the reason against it.
    """
    description = node.operator
    if not isinstance(description, WindowDescription):
        return "it is no window"
    shape = _shape(description.assigner)
    if shape is None:
        return f"{type(description.assigner).__name__} has no native counterpart"
    if max(abs(span) for span in shape) > LONGEST_MS:
        return f"its size, slide or offset is above 2**60 ms: {description.assigner!r}"
    reason = _refusal_of_window(node, description, shape[0])
    if reason is not None:
        return reason
    input_spec = _input_spec(node)
    if input_spec is None:
        return "the type of its rows is not declared"
    function = description.function
    sliced: list[SlicedAggregate] = []
    for spec in function.specs:
        aggregate = _sliced_aggregate(spec, input_spec)
        if isinstance(aggregate, str):
            return aggregate
        if shape[0] == SESSION and KIND_NAMES[aggregate.kind] in ORDERED_KINDS:
            return f"{spec.name}: where sessions merge, rows go by sessions, not by arrival"
        sliced.append(aggregate)
    names = _result_names(description)
    if names is not None and len(set(names)) < len(names):
        return f"two of its result fields have one name: {', '.join(names)}"
    fields = description.window_function
    window = SlicedWindow(
        *shape,
        description.allowed_lateness_ms,
        accumulators=tuple(range(len(sliced))),
        names=names,
        has_key=fields is not None and fields.has_key,
        has_window=fields is not None and fields.has_window,
        late_tag=description.late_tag,
    )
    return SlicePlan(tuple(sliced), (window,), _key_spec(node, input_spec))


def _shape(assigner: Any) -> tuple[int, int, int, int] | None:
    """Return shape, size, slide and offset; None for other windows."""
    if type(assigner) is TumblingEventTimeWindows:
        return (TUMBLING, assigner.size_ms, 0, assigner.offset_ms)
    if type(assigner) is SlidingEventTimeWindows:
        return (SLIDING, assigner.size_ms, assigner.slide_ms, assigner.offset_ms)
    if type(assigner) is CumulativeEventTimeWindows:
        return (CUMULATIVE, assigner.size_ms, assigner.step_ms, assigner.offset_ms)
    if type(assigner) is EventTimeSessionWindows:
        return (SESSION, assigner.gap_ms, 0, 0)
    if type(assigner) is CountTumblingWindowAssigner:
        return (COUNT_ROWS, assigner.size, assigner.size, 0)
    if type(assigner) is CountSlidingWindowAssigner:
        return (COUNT_ROWS, assigner.size, assigner.slide, 0)
    return None


def _refusal_of_window(
    node: Transformation, description: WindowDescription, shape: int
) -> str | None:
    """Say what beside its assigner needs the general operator."""
    if description.trigger is not None:
        return f"it has a trigger of its own: {type(description.trigger).__name__}"
    if description.evictor is not None:
        return f"it has an evictor: {type(description.evictor).__name__}"
    if description.kind != "aggregate" or type(description.function) is not (
        aggregates.CombinedAggregate
    ):
        return "its function is not made of built-in aggregates"
    if description.window_function is not None and type(description.window_function) not in (
        aggregates.WithFields,
        aggregates.WithWindow,
    ):
        return f"it has a window function: {type(description.window_function).__name__}"
    if node.row_error.action != "fail":
        return f"rows that fail are not to end the job, but: {node.row_error.action}"
    if node.output_type is not None and not _is_own_type(description, node.output_type):
        return f"its results have a declared type of their own: {node.output_type!r}"
    return _refusal_of_shape(description, shape)


def _is_own_type(description: WindowDescription, declared: TypeInformation) -> bool:
    """Tell whether the declared type of the results is the one that they have anyway."""
    own = description.result_type
    return own is not None and own.type_spec() == declared.type_spec()


def _refusal_of_shape(description: WindowDescription, shape: int) -> str | None:
    """Say what windows of rows cannot do natively."""
    fields = description.window_function
    if shape == COUNT_ROWS and fields is not None and fields.has_window:
        return "windows of rows have no bounds to put into the results"
    return None


def _input_spec(node: Transformation) -> TypeSpec | None:
    """Return the declared type of the rows; None if there is none or inputs differ."""
    specs: set[TypeSpec | None] = set()
    for edge in node.inputs:
        # the type of a side output is its tag's, which need not hold
        declared = edge.source.output_type if edge.tag is None else None
        specs.add(None if declared is None else declared.type_spec())
    spec = specs.pop()
    return None if specs or spec == ("pickled",) else spec


def _key_spec(node: Transformation, input_spec: TypeSpec) -> TypeSpec | None:
    """Return the declared type of the keys, or that of the field that is the key."""
    key_by = node.inputs[0].source.operator
    if not isinstance(key_by, KeyByDescription):
        return None
    spec: TypeSpec | None = None
    if key_by.key_type is not None:
        spec = key_by.key_type.type_spec()
    elif isinstance(key_by.selector, (str, int)):
        spec = _field_spec(key_by.selector, input_spec)
    return None if spec == ("pickled",) else spec


def _field_spec(field: int | str | None, input_spec: TypeSpec) -> TypeSpec | None:
    """Return the type of a field; None if the rows have no such field."""
    kind = input_spec[0]
    if kind not in ("row", "tuple"):
        return input_spec if field is None else None
    specs: tuple[TypeSpec, ...] = input_spec[-1]
    if isinstance(field, str) and kind == "row":
        names = list(input_spec[1])
        return specs[names.index(field)] if names.count(field) == 1 else None
    if isinstance(field, int) and 0 <= field < len(specs):
        return specs[field]
    return None


def _sliced_aggregate(spec: AggregateSpec, input_spec: TypeSpec) -> SlicedAggregate | str:
    """Return what the accumulator of a built-in aggregate is made from, or why there is none."""
    if spec.reads_row:
        field_spec: TypeSpec | None = input_spec
    else:
        field_spec = _field_spec(spec.field, input_spec)
        if field_spec is None and spec.field is not None:
            return f"{spec.name}: the rows have no field {spec.field!r} of a declared type"
    definition = spec.native_definition(field_spec)
    if definition is None:
        return f"{spec.name}: {type(spec).__name__} has no native accumulator for {field_spec}"
    kind, option, parameter = definition
    if kind == "count" and spec.field is None:
        field_spec = None
    aggregate = SlicedAggregate(
        KIND_NAMES.index(kind), spec.field, field_spec, option, parameter, spec.reads_row
    )
    reason = refusal(aggregate)
    return aggregate if reason is None else f"{spec.name}: {reason}"


def _result_names(description: WindowDescription) -> tuple[str, ...] | None:
    """Return the fields of the result rows; None for single values."""
    function, fields = description.function, description.window_function
    names = tuple(spec.name for spec in function.specs)
    if fields is None:
        return names if function.is_row else None
    before: tuple[str, ...] = ("key",) if fields.has_key else ()
    if fields.has_window:
        before += ("window_start", "window_end")
    return before + (names if function.is_row else (fields.result_name,))
