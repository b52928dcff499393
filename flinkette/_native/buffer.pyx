"""Fixed-length vectors of machine integers that Python sees through the buffer protocol."""

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_ND, PyBUF_WRITABLE
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy

import cython

cdef char *INT64_FORMAT = b"q"
cdef char *UINT32_FORMAT = b"I"


cdef void *allocate_items(Py_ssize_t length, size_t item_bytes) except NULL:
    cdef void *memory = PyMem_RawMalloc(<size_t> max(length, 1) * item_bytes)
    if memory is NULL:
        raise MemoryError()
    return memory


cdef int check_slice(Py_ssize_t start, Py_ssize_t stop, Py_ssize_t length) except -1:
    if not 0 <= start <= stop <= length:
        raise IndexError(f"slice {start}:{stop} of {length} values")
    return 0


cdef int fill_view(
    Py_buffer *view, object owner, void *data, Py_ssize_t *length, Py_ssize_t item_bytes,
    char *format, int flags,
) except -1:
    """Lend the values of a buffer, which are read-only."""
    if flags & PyBUF_WRITABLE:
        raise BufferError(f"{type(owner).__name__} is read-only")
    view.buf = data
    view.obj = owner
    view.len = length[0] * item_bytes
    view.readonly = 1
    view.itemsize = item_bytes
    view.format = format if flags & PyBUF_FORMAT else NULL
    view.ndim = 1
    view.shape = length if flags & PyBUF_ND else NULL
    view.strides = NULL
    view.suboffsets = NULL
    view.internal = NULL
    return 0


@cython.final
cdef class Int64Buffer:
    """A fixed-length vector of int64. Not thread safe while it is being filled; then immutable."""

    @staticmethod
    cdef Int64Buffer allocate(Py_ssize_t length):
        cdef Int64Buffer buffer = Int64Buffer.__new__(Int64Buffer)
        buffer.data = <int64_t *> allocate_items(length, sizeof(int64_t))
        buffer.length = length
        return buffer

    @staticmethod
    def of(values):
        cdef Py_ssize_t index
        cdef Int64Buffer buffer = Int64Buffer.allocate(len(values))
        for index in range(buffer.length):
            buffer.data[index] = values[index]
        return buffer

    @staticmethod
    def filled(Py_ssize_t length, int64_t value):
        cdef Py_ssize_t index
        cdef Int64Buffer buffer = Int64Buffer.allocate(length)
        for index in range(length):
            buffer.data[index] = value
        return buffer

    @staticmethod
    def concat(list buffers not None):
        cdef Py_ssize_t length = 0
        cdef Int64Buffer part, joined
        for part in buffers:
            length += part.length
        joined = Int64Buffer.allocate(length)
        length = 0
        for part in buffers:
            memcpy(joined.data + length, part.data, <size_t> part.length * sizeof(int64_t))
            length += part.length
        return joined

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
        fill_view(
            view, self, self.data, &self.length, <Py_ssize_t> sizeof(int64_t), INT64_FORMAT, flags
        )

    def slice(self, Py_ssize_t start, Py_ssize_t stop):
        check_slice(start, stop, self.length)
        cdef Int64Buffer part = Int64Buffer.__new__(Int64Buffer)
        part.data = self.data + start
        part.length = stop - start
        part._owner = self
        return part

    cpdef Int64Buffer take(self, Uint32Buffer indices):
        check_indices(indices, self.length)
        return self.gather(indices)

    cdef Int64Buffer gather(self, Uint32Buffer indices):
        """`take` of indices that the caller has checked."""
        cdef Py_ssize_t row
        cdef Int64Buffer taken = Int64Buffer.allocate(indices.length)
        for row in range(indices.length):
            taken.data[row] = self.data[indices.data[row]]
        return taken


cdef int check_indices(Uint32Buffer indices, Py_ssize_t length) except -1:
    cdef Py_ssize_t row
    cdef uint32_t largest = 0
    for row in range(indices.length):
        largest = max(largest, indices.data[row])
    if indices.length > 0 and largest >= length:
        raise IndexError(f"row {largest} of {length} rows")
    return 0


@cython.final
cdef class Uint32Buffer:
    """A fixed-length vector of uint32. Not thread safe while it is being filled; then immutable."""

    @staticmethod
    cdef Uint32Buffer allocate(Py_ssize_t length):
        cdef Uint32Buffer buffer = Uint32Buffer.__new__(Uint32Buffer)
        buffer.data = <uint32_t *> allocate_items(length, sizeof(uint32_t))
        buffer.length = length
        return buffer

    @staticmethod
    def of(values):
        cdef Py_ssize_t index
        cdef Uint32Buffer buffer = Uint32Buffer.allocate(len(values))
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
        fill_view(
            view, self, self.data, &self.length, <Py_ssize_t> sizeof(uint32_t), UINT32_FORMAT, flags
        )

    def slice(self, Py_ssize_t start, Py_ssize_t stop):
        check_slice(start, stop, self.length)
        cdef Uint32Buffer part = Uint32Buffer.__new__(Uint32Buffer)
        part.data = self.data + start
        part.length = stop - start
        part._owner = self
        return part
