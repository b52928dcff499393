from libc.stdint cimport int64_t


cdef extern from "flk/time_scan.h" namespace "flk" nogil:
    cdef struct TimeRange:
        int64_t earliest
        int64_t latest

    TimeRange range_of(const int64_t *times, int64_t count) noexcept
