"""CheckpointingMode: what a checkpoint promises."""

from __future__ import annotations

from enum import Enum

__all__ = ["CheckpointingMode"]


class CheckpointingMode(Enum):
    """How often a row may count in state after a failure."""

    EXACTLY_ONCE = 0
    """Every row counts exactly once."""
    AT_LEAST_ONCE = 1
    """A row may count again; checkpoints wait for nobody."""
