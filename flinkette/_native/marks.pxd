from libc.stdint cimport int64_t

from flinkette._native.buffer cimport Int64Buffer


cdef class Marks:
    cdef readonly Int64Buffer stops
    cdef readonly Int64Buffer times

    cdef int64_t last(self) noexcept
