from libc.stdint cimport int64_t, uint32_t, uint64_t

from flinkette._native.c_base cimport Error, Status


cdef extern from "flk/partition.h" namespace "flk" nogil:
    int64_t scatter_workspace_length(uint32_t part_count) noexcept
    Status scatter_rows(
        const uint32_t *owners, int64_t row_count, uint32_t part_count, uint32_t *workspace,
        uint32_t *out_rows, int64_t *out_starts, Error *error) noexcept
    void deal_rows(
        int64_t row_count, uint32_t part_count, uint32_t start, uint32_t *out_rows,
        int64_t *out_starts) noexcept
    void draw_parts(
        uint64_t seed, uint64_t position, int64_t row_count, uint32_t part_count,
        uint32_t *out_parts) noexcept
