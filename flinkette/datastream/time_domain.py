"""TimeDomain: event time or processing time."""

from __future__ import annotations

from flinkette.contracts.runtime_context import TimeDomain

__all__ = ["TimeDomain"]
