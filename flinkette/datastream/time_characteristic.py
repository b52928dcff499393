"""TimeCharacteristic: which time PyFlink 1.x programs say they run on."""

from __future__ import annotations

from enum import Enum

__all__ = ["TimeCharacteristic"]


class TimeCharacteristic(Enum):
    """The time of a program, for `set_stream_time_characteristic` (PyFlink 1.x)."""

    ProcessingTime = 0
    """The clock: no watermarks."""
    IngestionTime = 1
    """The clock when a row was read; the same as EventTime here, as a strategy says so itself."""
    EventTime = 2
    """What the rows say."""
