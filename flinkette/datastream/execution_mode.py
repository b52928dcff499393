"""RuntimeExecutionMode: streaming or batch."""

from __future__ import annotations

from enum import Enum

__all__ = ["RuntimeExecutionMode"]


class RuntimeExecutionMode(Enum):
    """How a job's operators are scheduled and when keyed operators give results."""

    STREAMING = 0
    """All operators run at once; results come as rows come."""
    BATCH = 1
    """Bounded input only; keyed operators give their last result."""
    AUTOMATIC = 2
    """BATCH if every source is bounded, else STREAMING."""
