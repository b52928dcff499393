"""Flink's general window algorithm: state per (key, window), any assigner and trigger (contract 15)."""

from collections.abc import Callable
from typing import Any

from flinkette._native.batch import Batch
from flinkette._native.buffer import Uint32Buffer
from flinkette._native.state import KeyContext
from flinkette._native.values import Converter

DONE: int
MORE: int
FULL: int
FAILED: int
ASSIGNER_KINDS: dict[str, int]
TRIGGER_KINDS: dict[str, int]
CONTENTS_KINDS: dict[str, int]
EMIT_KINDS: dict[str, int]

class MissingTimestamp(Exception):
    """A row without event time reached an event-time window."""

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
    count
        Rows that fire a count window.
    trigger_object, trigger_context
        A trigger written in Python and the context it is called with.
    reduce, create_accumulator, add, get_result, merge
        The user's function, bound.
    window_function, clear_function, function_context
        The user's window function, bound, and the context it is called with.
    is_all
        No key: functions get no key argument.
    lateness
        Allowed lateness in ms.
    late_tag
        Side output for rows whose windows are gone; None counts and drops them.
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
        error_action: str = "fail",
        error_tag: Any = None,
    ) -> None: ...

class WindowOperator:
    """Windows of one subtask, resumable at any row, window and result. Slot thread only."""

    watermark: int
    late_rows_dropped: int
    rows_skipped: int
    def __init__(
        self,
        spec: WindowSpec,
        *,
        keys: KeyContext,
        now_ms: Callable[[], int],
        tag_class: type,
        make_error: Callable[..., Exception],
        make_row_error: Callable[..., Any] | None,
    ) -> None: ...
    @property
    def live_windows(self) -> int:
        """Windows that are neither fired for good nor cleared."""
    def load(self, batch: Batch, ids: Uint32Buffer) -> None:
        """Take a batch to work on with the key ids of its rows."""
    def load_event_timers(self, watermark: int) -> None:
        """Go on with windows and timers up to `watermark` ms, in time order over all keys."""
    def load_processing_timers(self, now: int) -> None:
        """Go on with the processing-time timers up to `now` ms."""
    def next_processing_time(self) -> int | None:
        """Earliest processing time in ms at which something is due, or None."""
    def run(self, deadline_ns: int, max_rows: int) -> int:
        """Work until done, the deadline (`time.monotonic_ns`), or `max_rows` rows of output."""
    def take(self) -> Batch | None:
        """Rows made so far as a batch."""
    def take_side(self) -> list[tuple[Any, Batch]]:
        """(tag, batch) pairs made so far."""
    def take_watermark(self) -> int | None:
        """Watermark passed by marks after the last row taken, or None; call after `take`."""
    def register_timer(self, slot: int, time_ms: int, is_event_time: bool) -> None:
        """Wake the trigger of the window in `slot` at `time_ms`; for trigger contexts."""
    def delete_timer(self, slot: int, time_ms: int, is_event_time: bool) -> None:
        """Take a registered timer back; for trigger contexts."""
