from libc.stdint cimport int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport ColumnPtr


cdef extern from "flk/window_output.h" namespace "flk" nogil:
    cdef cppclass MarkList:
        vector[int64_t] stops
        vector[int64_t] times

    cdef cppclass FailedResult:
        uint32_t id
        int64_t start
        int64_t end

    cdef cppclass WindowOutput:
        const FailedResult &failed() noexcept
        int64_t row_count() noexcept
        const uint32_t *ids() noexcept
        const MarkList &marks() noexcept
        const MarkList &late_marks() noexcept
        void clear_late_marks() noexcept
        Status column_of(size_t aggregate, ColumnPtr *out_column, Error *error) noexcept
        Status starts(ColumnPtr *out_column, Error *error) noexcept
        Status ends(ColumnPtr *out_column, Error *error) noexcept
        Status times(ColumnPtr *out_column, Error *error) noexcept
        void clear() noexcept
