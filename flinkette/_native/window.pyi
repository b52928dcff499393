"""Flink's general window algorithm: state per (key, window), any assigner and trigger."""

from collections.abc import Callable
from typing import Any

from flinkette._native.batch import Batch
from flinkette._native.buffer import Uint32Buffer
from flinkette._native.state import KeyContext
from flinkette._native.window_spec import WindowSpec

class MissingTimestamp(Exception):
    """A row without event time reached an event-time window."""

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
