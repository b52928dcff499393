"""What wakes a parked worker: one for each worker, held by all who send to it."""

from __future__ import annotations

import os

__all__ = ["Doorbell"]


class Doorbell:
    """A counter of the kernel that a sleeper can poll. Any process that holds it may ring.

    Parameters
    ----------
    descriptor : int
        Owned from now on.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def create(cls) -> Doorbell:
        """Make a new one."""
        return cls(os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK))

    def fileno(self) -> int:
        """Descriptor that is readable after a ring."""
        return self._descriptor

    def ring(self) -> None:
        """Wake the owner, or keep it from falling asleep."""
        os.eventfd_write(self._descriptor, 1)

    def silence(self) -> None:
        """Forget the rings so far. Only the owner."""
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._descriptor)
