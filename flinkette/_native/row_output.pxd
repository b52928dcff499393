from libc.stdint cimport int64_t
from libcpp.vector cimport vector

from flinkette._native.batch cimport Batch


cdef enum Status:
    STATUS_DONE = 0
    STATUS_MORE = 1
    STATUS_FULL = 2
    STATUS_FAILED = 3


cdef enum Mode:
    MODE_ROWS = 0
    MODE_EVENT_TIMERS = 1
    MODE_PROCESSING_TIMERS = 2


cdef class RowOutput:
    cdef list values
    cdef list keys
    cdef vector[int64_t] times
    cdef bint has_times
    cdef vector[int64_t] mark_stops
    cdef vector[int64_t] mark_times
    cdef dict side
    cdef dict converters

    cdef int mark(self, int64_t time) except -1
    cdef int append(self, object value, int64_t time) except -1
    cdef int append_side(self, object tag, object value, int64_t time) except -1
    cdef int yield_side(self, object tag, object value, int64_t time) except -1
    cdef object take(self)
    cdef Batch stamp(self, Batch batch)
    cdef object take_watermark(self)
    cdef list take_side(self)
