"""Compaction of a FileSink's files: settings that are taken and checked, and not used yet."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FileCompactStrategy", "FileCompactor"]


@dataclass(frozen=True)
class FileCompactStrategy:
    """When files are compacted. Make one with `builder`."""

    num_checkpoints_before_compaction: int = -1
    size_threshold: int = -1
    num_compact_threads: int = 1

    @staticmethod
    def builder() -> FileCompactStrategy.Builder:
        """Start a strategy."""
        return FileCompactStrategy.Builder()

    class Builder:
        """Builds a `FileCompactStrategy`; every method returns the builder."""

        def __init__(self) -> None:
            self._checkpoints, self._size, self._threads = -1, -1, 1

        def enable_compaction_on_checkpoint(
            self, num_checkpoints_before_compaction: int
        ) -> FileCompactStrategy.Builder:
            """Compact when so many checkpoints passed."""
            self._checkpoints = num_checkpoints_before_compaction
            return self

        def set_size_threshold(self, size_threshold: int) -> FileCompactStrategy.Builder:
            """Compact when files have so many bytes together."""
            self._size = size_threshold
            return self

        def set_num_compact_threads(self, num_compact_threads: int) -> FileCompactStrategy.Builder:
            """Compact with so many threads."""
            self._threads = num_compact_threads
            return self

        def build(self) -> FileCompactStrategy:
            """Return the strategy."""
            return FileCompactStrategy(self._checkpoints, self._size, self._threads)


@dataclass(frozen=True)
class FileCompactor:
    """How files are joined. Make one with a static method."""

    kind: str
    file_delimiter: bytes = b""

    @staticmethod
    def concat_file_compactor(file_delimiter: bytes | None = None) -> FileCompactor:
        """Write files one after the other, with `file_delimiter` between them."""
        return FileCompactor("concat", file_delimiter or b"")

    @staticmethod
    def identical_file_compactor() -> FileCompactor:
        """Copy the only file."""
        return FileCompactor("identical")
