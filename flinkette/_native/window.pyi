"""Flink's general window algorithm: state per (key, window), any assigner and trigger."""

from collections.abc import Callable
from typing import Any

from flinkette._native.row_kernel import RowKernel
from flinkette._native.state import KeyContext
from flinkette._native.window_spec import WindowSpec

class MissingTimestamp(Exception):
    """A row without event time reached an event-time window."""

class WindowOperator(RowKernel):
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
    def select_input(self, index: int) -> None:
        """Say which of two inputs the rows loaded next are from."""
    def windows(self) -> list[tuple[Any, Any]]:
        """Return (key, window) of the live windows, in no particular order."""
    def pending(self, is_event_time: bool) -> list[tuple[int, Any, Any]]:
        """Return (time, key, window) of the timers of a time domain, as they would fire."""
    def next_processing_time(self) -> int | None:
        """Earliest processing time in ms at which something is due, or None."""
    def register_timer(self, slot: int, time_ms: int, is_event_time: bool) -> None:
        """Wake the trigger of the window in `slot` at `time_ms`; for trigger contexts."""
    def delete_timer(self, slot: int, time_ms: int, is_event_time: bool) -> None:
        """Take a registered timer back; for trigger contexts."""
