"""ExternalizedCheckpointRetention: what happens to checkpoints when a job is cancelled."""

from __future__ import annotations

from enum import Enum

__all__ = ["ExternalizedCheckpointRetention"]


class ExternalizedCheckpointRetention(Enum):
    """Whether the checkpoints of a cancelled job stay; those of a failed job always do."""

    DELETE_ON_CANCELLATION = 0
    """Delete them."""
    RETAIN_ON_CANCELLATION = 1
    """Keep them; the user deletes them."""
    NO_EXTERNALIZED_CHECKPOINTS = 2
    """Keep none, also after a failure."""
