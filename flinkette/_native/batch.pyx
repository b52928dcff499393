"""Batches: runs of rows of one schema. See batch.pyi for the public description."""

import cython

from flinkette._native.buffer cimport Int64Buffer


@cython.final
cdef class Batch:
    """A run of rows. Immutable; may be read from any thread that holds the GIL."""

    def __init__(self):
        raise TypeError("use Batch.from_objects or Batch.from_arrow")

    @staticmethod
    def from_objects(list values not None, Int64Buffer times=None, *, keys=None, Int64Buffer hashes=None, kinds=None):
        cdef Batch batch = Batch.__new__(Batch)
        batch.num_rows = len(values)
        batch._objects = values
        batch.times = times
        batch.keys = keys
        batch.hashes = hashes
        batch.kinds = kinds
        return batch

    @property
    def is_columnar(self):
        return self.columns is not None

    cpdef list objects(self):
        return self._objects

    def slice(self, Py_ssize_t start, Py_ssize_t stop):
        return Batch.from_objects(
            self._objects[start:stop],
            None if self.times is None else self.times.slice(start, stop),
            keys=None if self.keys is None else self.keys[start:stop],
            hashes=None if self.hashes is None else self.hashes.slice(start, stop),
        )
