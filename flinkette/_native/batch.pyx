"""Batches: runs of rows of one schema. See batch.pyi for the public description."""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_WRITABLE
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport int64_t

import cython

cdef char *INT64_FORMAT = b"q"


@cython.final
cdef class Int64Buffer:
    """A fixed-length vector of int64. Not thread safe while it is being filled; then immutable."""

    @staticmethod
    cdef Int64Buffer allocate(Py_ssize_t length):
        cdef Int64Buffer buffer = Int64Buffer.__new__(Int64Buffer)
        buffer.data = <int64_t *> PyMem_RawMalloc(<size_t> max(length, 1) * sizeof(int64_t))
        if buffer.data is NULL:
            raise MemoryError()
        buffer.length = length
        return buffer

    @staticmethod
    def of(values):
        cdef Py_ssize_t index
        cdef Int64Buffer buffer = Int64Buffer.allocate(len(values))
        for index in range(buffer.length):
            buffer.data[index] = values[index]
        return buffer

    def __dealloc__(self):
        if self._owner is None:
            PyMem_RawFree(self.data)

    def __len__(self):
        return self.length

    def __getitem__(self, Py_ssize_t index):
        if not 0 <= index < self.length:
            raise IndexError(index)
        return self.data[index]

    def __getbuffer__(self, Py_buffer *view, int flags):
        if flags & PyBUF_WRITABLE:
            raise BufferError("an Int64Buffer is read-only")
        view.buf = self.data
        view.obj = self
        view.len = self.length * <Py_ssize_t> sizeof(int64_t)
        view.readonly = 1
        view.itemsize = sizeof(int64_t)
        view.format = INT64_FORMAT if flags & PyBUF_FORMAT else NULL
        view.ndim = 1
        view.shape = &self.length
        view.strides = NULL
        view.suboffsets = NULL
        view.internal = NULL

    def slice(self, Py_ssize_t start, Py_ssize_t stop):
        if not 0 <= start <= stop <= self.length:
            raise IndexError(f"slice {start}:{stop} of {self.length} values")
        cdef Int64Buffer part = Int64Buffer.__new__(Int64Buffer)
        part.data = self.data + start
        part.length = stop - start
        part._owner = self
        return part


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
