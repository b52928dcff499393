"""Spans and points of time."""

from __future__ import annotations

from flinkette.contracts.time import Duration, Instant, Time

__all__ = ["Duration", "Instant", "Time"]
