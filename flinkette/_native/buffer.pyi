"""Fixed-length vectors of machine integers that Python sees through the buffer protocol."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Int64Buffer", "Uint32Buffer"]

class Int64Buffer:
    """A fixed-length vector of int64. Not thread safe while it is being filled; then immutable."""

    length: int

    @staticmethod
    def of(values: Sequence[int]) -> Int64Buffer:
        """Copy a sequence of ints."""

    @staticmethod
    def filled(length: int, value: int) -> Int64Buffer:
        """Repeat one value."""

    @staticmethod
    def concat(buffers: list[Int64Buffer]) -> Int64Buffer:
        """Copy vectors one after the other."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def slice(self, start: int, stop: int) -> Int64Buffer:
        """Return values start to stop - 1, sharing memory."""

    def take(self, indices: Uint32Buffer) -> Int64Buffer:
        """Return the values with these numbers, in this order."""

class Uint32Buffer:
    """A fixed-length vector of uint32. Not thread safe while it is being filled; then immutable."""

    length: int

    @staticmethod
    def of(values: Sequence[int]) -> Uint32Buffer:
        """Copy a sequence of ints."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def slice(self, start: int, stop: int) -> Uint32Buffer:
        """Return values start to stop - 1, sharing memory."""
