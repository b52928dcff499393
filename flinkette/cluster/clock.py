"""The time that cluster processes give to their machines."""

from __future__ import annotations

import time

__all__ = ["EventClock"]


class EventClock:
    """Milliseconds since 1970 when it was made, then as the monotonic clock goes on.

    Deadlines must not jump when somebody sets the machine's clock.
    """

    def __init__(self) -> None:
        self._offset_ms = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000

    def __call__(self) -> int:
        """Return the time in ms."""
        return self._offset_ms + time.monotonic_ns() // 1_000_000
