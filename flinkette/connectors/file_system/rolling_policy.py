"""When a file is closed and the next one begins."""

from __future__ import annotations

from abc import ABC, abstractmethod

from flinkette.contracts.errors import InvalidPipelineError

__all__ = ["DefaultRollingPolicy", "OnCheckpointRollingPolicy", "RollingPolicy"]

DEFAULT_PART_BYTES = 128 << 20
DEFAULT_INTERVAL_MS = 60_000


class RollingPolicy(ABC):
    """Decides, between batches, whether the open file is full."""

    @abstractmethod
    def is_due(self, *, size_bytes: int, opened_ms: int, written_ms: int, now_ms: int) -> bool:
        """Tell whether to close the file.

        Parameters
        ----------
        size_bytes
            Bytes written to the file.
        opened_ms, written_ms
            Wall clock when the file was opened and last written to.
        now_ms
            Wall clock.
        """

    @staticmethod
    def default_rolling_policy(
        part_size: int = DEFAULT_PART_BYTES,
        rollover_interval: int = DEFAULT_INTERVAL_MS,
        inactivity_interval: int = DEFAULT_INTERVAL_MS,
    ) -> DefaultRollingPolicy:
        """Close files by size and age.

        Parameters
        ----------
        part_size
            Bytes after which a file is closed.
        rollover_interval
            Milliseconds after which a file is closed.
        inactivity_interval
            Milliseconds without rows after which a file is closed.
        """
        return DefaultRollingPolicy(part_size, rollover_interval, inactivity_interval)

    @staticmethod
    def on_checkpoint_rolling_policy() -> OnCheckpointRollingPolicy:
        """Close files at checkpoints only."""
        return OnCheckpointRollingPolicy()


class DefaultRollingPolicy(RollingPolicy):
    """Closes files by size, age and inactivity."""

    def __init__(self, part_size: int, rollover_interval: int, inactivity_interval: int) -> None:
        for name, value in (
            ("part_size", part_size),
            ("rollover_interval", rollover_interval),
            ("inactivity_interval", inactivity_interval),
        ):
            if value <= 0:
                raise InvalidPipelineError(f"rolling policy: {name} {value} is not above 0")
        self.part_size = part_size
        self.rollover_interval = rollover_interval
        self.inactivity_interval = inactivity_interval

    def is_due(self, *, size_bytes: int, opened_ms: int, written_ms: int, now_ms: int) -> bool:
        """Tell whether any limit is reached."""
        return (
            size_bytes >= self.part_size
            or now_ms - opened_ms >= self.rollover_interval
            or now_ms - written_ms >= self.inactivity_interval
        )


class OnCheckpointRollingPolicy(RollingPolicy):
    """Closes files at checkpoints; without checkpoints, at the end."""

    def is_due(self, *, size_bytes: int, opened_ms: int, written_ms: int, now_ms: int) -> bool:
        """Return False."""
        return False
