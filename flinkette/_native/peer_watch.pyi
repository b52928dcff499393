"""Whether another process of this host lives; one that ended and was not waited for does not."""

from __future__ import annotations

__all__ = ["PeerWatch"]

class PeerWatch:
    """Watches one process, by its id at the time of making. Not thread safe."""

    def __init__(self, process_id: int) -> None: ...
    @property
    def descriptor(self) -> int:
        """Readable once the process has ended; -1 where the system has no such thing."""

    def is_alive(self) -> bool:
        """Tell whether the process runs; False also if it had ended before it was watched."""
