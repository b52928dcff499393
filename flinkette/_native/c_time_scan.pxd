from libc.stdint cimport int64_t


cdef extern from "flk/time_scan.h" namespace "flk" nogil:
    int64_t first_untimed(const int64_t *times, int64_t count) noexcept
