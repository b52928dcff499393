from libc.stdint cimport int32_t, int64_t, uint32_t

from flinkette._native.c_base cimport Status


cdef extern from "flk/row_combiner.h" namespace "flk" nogil:
    cdef enum class CombineKind(int32_t):
        kSum
        kMin
        kMax

    cdef cppclass CombinedColumn:
        CombinedColumn()
        CombineKind kind
        const int64_t *values
        int64_t *combined

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
        Status open(int64_t unit, int64_t offset) noexcept
        int64_t run(
            const CombinedRows &rows, CombinedColumn *columns, size_t column_count,
            uint32_t *out_rows) noexcept
