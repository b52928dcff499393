"""Clocks, injected everywhere so that a test can own the time (contract 26)."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

__all__ = ["Clock", "SystemClock", "VirtualClock"]


class Clock(ABC):
    """Wall clock in ms for processing time, monotonic ns for deadlines."""

    @abstractmethod
    def now_ms(self) -> int:
        """Return processing time: ms since 1970; never goes back within one worker."""

    @abstractmethod
    def monotonic_ns(self) -> int:
        """Nanoseconds from an arbitrary start, for deadlines only."""


class SystemClock(Clock):
    """The machine's clocks; a wall clock that is set back stands still until it has caught up."""

    def __init__(self) -> None:
        self._last_ms = 0

    def now_ms(self) -> int:
        now = time.time_ns() // 1_000_000
        if now > self._last_ms:
            self._last_ms = now
        return self._last_ms

    monotonic_ns = staticmethod(time.monotonic_ns)


class VirtualClock(Clock):
    """Processing time that moves only when told; deadlines still follow the machine."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, by_ms: int) -> None:
        """Move processing time forward by `by_ms` (>= 0)."""
        if by_ms < 0:
            raise ValueError(f"processing time does not go back: advance({by_ms})")
        self._now_ms += by_ms

    monotonic_ns = staticmethod(time.monotonic_ns)
