"""Everything about a window operator that is decided before its first row."""

from collections.abc import Callable
from typing import Any

from flinkette._native.values import Converter

ASSIGNER_KINDS: dict[str, int]
TRIGGER_KINDS: dict[str, int]
CONTENTS_KINDS: dict[str, int]
EMIT_KINDS: dict[str, int]

class WindowSpec:
    """Everything about a window operator that is decided before its first row.

    Parameters
    ----------
    assigner, trigger, contents, emit
        Names from the `*_KINDS` tables: who assigns windows, what fires them, how rows are kept,
        what happens to them when the window fires.
    is_event_time
        Whether windows live in event time (else processing time).
    size, slide, offset
        In ms, or in rows for count windows; `size` is the gap of sessions.
    assign
        The gap extractor of dynamic sessions (`assign(value) -> ms`) or a user's assigner
        (`assign(value, time_ms) -> windows`).
    merge_windows
        Of a user's merging assigner: windows to a list of (windows that become one, the one).
    count
        Rows that fire a count window.
    trigger_object, trigger_context
        A trigger written in Python and the context it is called with.
    reduce, create_accumulator, add, get_result, merge
        The user's function, bound.
    evict_before, evict_after
        The user's evictor, bound; such a window keeps its rows whatever `contents` is.
    window_function, clear_function, function_context
        The user's window function, bound, and the context it is called with. With contents
        "two_sides" it takes a row of each input, or all of both with emit "co_group".
    is_all
        No key: functions get no key argument.
    lateness
        Allowed lateness in ms.
    late_tag
        Side output for rows whose windows are gone; None counts and drops them.
    info, input_infos
        What errors say about the operator; with two inputs, about the operator and one of them.
    make_window
        `make_window(start, end)`: the object users see.
    """

    def __init__(
        self,
        *,
        assigner: str,
        is_event_time: bool,
        size: int = 0,
        slide: int = 0,
        offset: int = 0,
        assign: Callable[..., Any] | None = None,
        merge_windows: Callable[..., Any] | None = None,
        trigger: str,
        count: int = 0,
        trigger_object: Any = None,
        trigger_context: Any = None,
        contents: str,
        reduce: Callable[..., Any] | None = None,
        create_accumulator: Callable[..., Any] | None = None,
        add: Callable[..., Any] | None = None,
        get_result: Callable[..., Any] | None = None,
        merge: Callable[..., Any] | None = None,
        evict_before: Callable[..., Any] | None = None,
        evict_after: Callable[..., Any] | None = None,
        emit: str,
        window_function: Callable[..., Any] | None = None,
        clear_function: Callable[..., Any] | None = None,
        function_context: Any = None,
        is_all: bool = False,
        lateness: int = 0,
        late_tag: Any = None,
        make_window: Callable[[int, int], Any],
        converter: Converter | None = None,
        info: Any = None,
        input_infos: tuple[Any, Any] | None = None,
        error_action: str = "fail",
        error_tag: Any = None,
    ) -> None: ...
