from libc.stdint cimport int32_t, int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.c_column cimport Column
from flinkette._native.c_time_scan cimport TimeRange


cdef extern from "flk/window_kernel.h" namespace "flk" nogil:
    cdef enum class WindowShape(int):
        kTumbling
        kSliding
        kCumulative
        kSession
        kCountRows
        kSessionOfRow

    cdef cppclass WindowDefinition:
        WindowDefinition()
        WindowShape shape
        int64_t size
        int64_t slide
        int64_t offset
        int64_t lateness
        vector[int32_t] accumulators

    cdef cppclass WindowRows:
        WindowRows()
        const uint32_t *ids
        const int64_t *times
        const int64_t *gaps
        const Column *const *columns
        int64_t first_row
        int64_t end_row
        int64_t first_arrival
        TimeRange range

    cdef cppclass WindowKernel:
        const vector[uint32_t] &late_rows(int32_t definition) noexcept
        void clear_late_rows() noexcept
        int64_t live_states() noexcept
        int64_t memory_bytes() noexcept
