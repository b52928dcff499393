"""A program on its way to workers: pickled by value, large buffers beside it in shared memory."""

from __future__ import annotations

import mmap
import os
import pickle
import struct
import sys
from typing import TYPE_CHECKING, Any

from flinkette.cluster.program_pickler import dump, install_classes
from flinkette.contracts.errors import InvalidPipelineError, JobExecutionError

if TYPE_CHECKING:
    from flinkette.plan.job_graph import JobGraph

__all__ = ["load_payload", "make_payload", "make_program", "payload_of"]

COUNT = struct.Struct("<Q")
ALIGNMENT = 64


def make_payload(job_graph: JobGraph, settings: Any) -> int:
    """Write a program into memory of its own; return the descriptor, which is the caller's.

    Functions and classes of the main script travel by value, those of modules by name. Tables and
    arrays are copied once and mapped by every worker.

    Raises
    ------
    InvalidPipelineError
        If something cannot be pickled; names the operator.
    JobExecutionError
        If there is not enough memory for it.
    """
    return _in_memory(*_laid_out(job_graph, settings))


def make_program(job_graph: JobGraph, settings: Any) -> bytes:
    """Return what `make_payload` writes, for a message; raises as it does."""
    parts, size = _laid_out(job_graph, settings)
    program = bytearray(size)
    for start, view in parts:
        program[start : start + view.nbytes] = view
    return bytes(program)


def payload_of(program: bytes) -> int:
    """Put a program that came in a message into memory; return the descriptor, as above."""
    return _in_memory([(0, memoryview(program))], len(program))


def load_payload(descriptor: int) -> tuple[JobGraph, Any]:
    """Make the program again. Its buffers are this process's own: writing to them copies pages."""
    size = os.fstat(descriptor).st_size
    memory = memoryview(
        mmap.mmap(descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    )
    (count,) = COUNT.unpack_from(memory)
    lengths = struct.unpack_from(f"<{count}Q", memory, COUNT.size)
    position = _aligned(COUNT.size * (1 + count))
    parts = []
    for length in lengths:
        parts.append(memory[position : position + length])
        position = _aligned(position + length)
    (_, job_graph, settings), classes = pickle.loads(parts[0], buffers=parts[1:])
    install_classes(classes)
    return job_graph, settings


def _laid_out(job_graph: JobGraph, settings: Any) -> tuple[list[tuple[int, memoryview]], int]:
    """Pickle a program; return its parts with where they stand, and the bytes of all."""
    buffers: list[pickle.PickleBuffer] = []
    # first of all the import hooks: what follows may need them to be loaded
    hooks = [each for each in sys.meta_path if getattr(each, "travels_with_programs", False)]
    try:
        body = dump((hooks, job_graph, settings), buffers.append)
    except Exception as error:
        raise _explained(job_graph, error) from error
    views = [memoryview(body), *(buffer.raw() for buffer in buffers)]
    header = COUNT.pack(len(views)) + b"".join(COUNT.pack(view.nbytes) for view in views)
    parts = [(0, memoryview(header))]
    position = _aligned(len(header))
    for view in views:
        parts.append((position, view.cast("B")))
        position = _aligned(position + view.nbytes)
    return parts, position


def _in_memory(parts: list[tuple[int, memoryview]], size: int) -> int:
    descriptor = os.memfd_create("flinkette-job")
    try:
        # all pages at once: 480 MiB took 0.41 s so, 0.56 s when writing made each page
        os.posix_fallocate(descriptor, 0, max(size, 1))
        for start, view in parts:
            _write(descriptor, view, start)
    except OSError as error:
        os.close(descriptor)
        raise JobExecutionError(
            f"the program and its tables ({size / 2**20:,.0f} MiB) do not fit into shared "
            f"memory: {error.strerror}; give workers a file to read, or run the job in this "
            "process with --workers 1"
        ) from error
    return descriptor


def _aligned(position: int) -> int:
    return -(-position // ALIGNMENT) * ALIGNMENT


def _write(descriptor: int, data: memoryview, position: int) -> None:
    while data.nbytes:
        written = os.pwrite(descriptor, data[: 1 << 30], position)
        data = data[written:]
        position += written


def _explained(job_graph: JobGraph, error: Exception) -> Exception:
    """Find the operator that cannot be pickled."""
    for vertex in job_graph.vertices:
        for node in vertex.nodes:
            try:
                dump(node.operator)
            except Exception as reason:
                return InvalidPipelineError(
                    f"operator {node.name!r} ({node.call_site}) cannot be sent to worker "
                    f"processes: {reason}; make sockets, locks and clients in open(), not before, "
                    "or run the job in this process with --workers 1"
                )
    return InvalidPipelineError(f"the program cannot be sent to worker processes: {error}")
