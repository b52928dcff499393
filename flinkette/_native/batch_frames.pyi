"""Batches of columns in the frames of a ring, copied once when written and not at all when read.

Format: docs/spec/column_frames.md. The schema of a batch is announced in band, once per ring.
"""

from __future__ import annotations

from flinkette._native.batch import Batch
from flinkette._native.ring import RingReader, RingWriter

__all__ = ["BatchReader", "BatchWriter", "retain"]

class BatchWriter:
    """Writes batches into the frames of one ring. One thread at a time."""

    def __init__(self, ring: RingWriter) -> None: ...
    def write(self, batch: Batch) -> bool | None:
        """Write a batch with its times, keys, hashes, kinds and marks as one frame.

        None if there is no room now: try again. Else True if the consumer has to be woken.

        Raises
        ------
        TypeError
            If the rows are objects, or of a type with children: they travel as objects.
        IndexError
            If the batch is larger than a frame; slice it.
        """

class BatchReader:
    """Reads what a BatchWriter wrote. One thread at a time."""

    def __init__(self, ring: RingReader) -> None: ...
    def read(self) -> Batch | None:
        """Return the next batch, a view of ring memory until release; None if there is none.

        Keys come as a column; strings that were views, as plain strings.

        Raises
        ------
        ValueError
            If the frame or its schema is malformed.
        TypeError
            If the next frame holds no batch; it is not taken.
        """

    def release(self) -> bool:
        """Give back the frames of all batches read; True if the producer has to be woken.

        Raises
        ------
        BufferError
            While a batch, or a column of one, lives.
        """

def retain(batch: Batch) -> Batch:
    """Copy a batch, so that it outlives the frame it came in."""
