from libc.stdint cimport int64_t


cdef extern from "flk/clock.h" namespace "flk" nogil:
    int64_t coarse_monotonic_ns() noexcept
