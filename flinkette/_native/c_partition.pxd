from libc.stdint cimport int64_t, uint32_t

from flinkette._native.c_base cimport Error, Status


cdef extern from "flk/partition.h" namespace "flk" nogil:
    Status scatter_rows(
        const uint32_t *owners, int64_t row_count, uint32_t part_count, uint32_t *out_rows,
        int64_t *out_starts, Error *error) noexcept
    void deal_rows(
        int64_t row_count, uint32_t part_count, uint32_t start, uint32_t *out_rows,
        int64_t *out_starts) noexcept
