"""TimerService: time and timers, as process functions see them."""

from __future__ import annotations

from flinkette.contracts.runtime_context import TimerService

__all__ = ["TimerService"]
