from libc.stdint cimport int32_t, int64_t


cdef extern from "flk/civil.h" namespace "flk" nogil:
    int64_t days_from_civil(int64_t year, int32_t month, int32_t day) noexcept
