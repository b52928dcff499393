"""Memory that two processes of one host map: anonymous, of a sealed size, pre-faulted."""

from __future__ import annotations

__all__ = ["SharedMemory", "mapped_bytes"]

def mapped_bytes() -> int:
    """Return the bytes of all mappings of this process that exist now."""

class SharedMemory:
    """Anonymous memory of a fixed size; a writable buffer. Gone with its last mapping."""

    @staticmethod
    def create(size_bytes: int) -> SharedMemory:
        """Make memory of zeros; its descriptor is inherited by nobody until it is handed over."""

    @staticmethod
    def map(descriptor: int, min_bytes: int = 1) -> SharedMemory:
        """Map what another process created; the descriptor stays the caller's.

        Raises
        ------
        ValueError
            If it is no such memory, may still change its size, or is smaller than `min_bytes`.
        """

    @property
    def size_bytes(self) -> int: ...
    @property
    def descriptor(self) -> int: ...
    def close(self) -> None:
        """Unmap and close the descriptor; BufferError while views or rings use it."""

    def __buffer__(self, flags: int, /) -> memoryview: ...
