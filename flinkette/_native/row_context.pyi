"""What process functions get as context: the row's time, the current key, timers."""

from collections.abc import Callable
from typing import Any

from flinkette._native.state import KeyContext

class Firing:
    """Stands in errors for the row of user code that ran because of the time, not of a row."""

    what: str
    """When, for example ``while TimeWindow(start=0, end=10) fired``."""

    def __init__(self, what: str) -> None: ...

class TimerService:
    """Timers of one keyed operator and its clocks. Slot thread only."""

    def __init__(self, keys: KeyContext | None, now_ms: Callable[[], int]) -> None: ...
    def current_processing_time(self) -> int:
        """Processing time in ms since 1970."""
    def current_watermark(self) -> int:
        """Watermark in ms; the smallest int64 before the first."""
    def register_event_time_timer(self, timestamp: int) -> None:
        """Call `on_timer` for the current key when the watermark reaches `timestamp` ms."""
    def register_processing_time_timer(self, timestamp: int) -> None:
        """Call `on_timer` for the current key when the clock reaches `timestamp` ms."""
    def delete_event_time_timer(self, timestamp: int) -> None:
        """Take a timer of the current key back; nothing happens if there is none."""
    def delete_processing_time_timer(self, timestamp: int) -> None:
        """Take a timer of the current key back; nothing happens if there is none."""
    def advance(self, watermark: int) -> None:
        """Set the watermark that functions see, without firing timers."""
    def next_processing_time(self) -> int | None:
        """Earliest registered processing time in ms, or None."""
    def pending(self, is_event_time: bool) -> list[tuple[int, Any]]:
        """Return (time, key) of the registered timers of a time domain, as they would fire."""

class RowContext:
    """What process functions get as `ctx`. Valid during the call it was passed to."""

    def __init__(self, keys: KeyContext | None, timers: TimerService) -> None: ...
    def timestamp(self) -> int:
        """Event time of the row or timer in ms; the smallest int64 when it has none."""
    def timer_service(self) -> TimerService:
        """Timers and clocks of the operator."""
    def get_current_key(self) -> Any:
        """Key of the row or timer."""
    def time_domain(self) -> Any:
        """Which kind of timer fires; None while rows are processed."""
