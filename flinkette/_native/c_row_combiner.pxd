from libc.stdint cimport int32_t, int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.c_base cimport Status


cdef extern from "flk/row_combiner.h" namespace "flk" nogil:
    cdef enum class CombineKind(int32_t):
        kSum
        kMin
        kMax

    cdef cppclass CombinedRows:
        CombinedRows()
        const int64_t *keys
        const int64_t *times
        int64_t count
        const int64_t *mark_stops
        const int64_t *mark_times
        int64_t mark_count

    cdef cppclass RowCombiner:
        RowCombiner()
        Status open(
            int64_t unit, int64_t offset, const vector[CombineKind] &kinds) noexcept
        Status run(
            const CombinedRows &rows, const vector[const int64_t *] &columns) noexcept
        Status advance(int64_t watermark) noexcept
        Status release() noexcept
        void settle() noexcept
        const uint32_t *begun() noexcept
        int64_t begun_count() noexcept
        const uint32_t *handed() noexcept
        int64_t handed_count() noexcept
        const int64_t *handed_values(size_t column) noexcept
        const int64_t *mark_stops() noexcept
        const uint32_t *held() noexcept
        int64_t held_count() noexcept
