from libc.stdint cimport int64_t
from libcpp.vector cimport vector

from flinkette._native.state cimport KeyContext
from flinkette._native.window_spec cimport Span, WindowSpec


cdef class WindowAssignment:
    cdef WindowSpec _spec
    cdef KeyContext _keys
    cdef dict _interned
    cdef vector[int64_t] _counts
    cdef vector[Span] spans
    cdef list windows

    cdef int assign(self, object row, int64_t time) except -1
    cdef Span span_of(self, object window) except *
    cdef int _assign_custom(self, object row, int64_t time) except -1
    cdef int64_t _count_row(self) except -1
