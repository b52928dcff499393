"""A pickled program that came in a message, as memory that workers can map."""

from __future__ import annotations

import os

__all__ = ["program_memory", "read_program"]


def program_memory(program: bytes) -> int:
    """Write a program into memory of its own; return the descriptor, which is the caller's."""
    descriptor = os.memfd_create("flinkette-job")
    view, position = memoryview(program), 0
    while position < len(view):
        position += os.pwrite(descriptor, view[position:], position)
    return descriptor


def read_program(descriptor: int) -> bytes:
    """Read a program back; closes the descriptor."""
    try:
        size = os.fstat(descriptor).st_size
        parts, position = [], 0
        while position < size:
            parts.append(os.pread(descriptor, size - position, position))
            position += len(parts[-1])
        return b"".join(parts)
    finally:
        os.close(descriptor)
