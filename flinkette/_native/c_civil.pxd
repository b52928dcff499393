from libc.stdint cimport int32_t, int64_t


cdef extern from "flk/civil.h" namespace "flk" nogil:
    cdef struct CivilDate:
        int64_t year
        int32_t month
        int32_t day

    int64_t floor_div(int64_t dividend, int64_t divisor) noexcept
    CivilDate civil_from_days(int64_t days) noexcept
    int64_t days_from_civil(int64_t year, int32_t month, int32_t day) noexcept
