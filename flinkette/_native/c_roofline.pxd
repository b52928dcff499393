from libc.stdint cimport int64_t, uint32_t

from flinkette._native.c_base cimport Status


cdef extern from "flk/roofline.h" namespace "flk" nogil:
    void copy_values(const int64_t *values, int64_t count, int64_t *out) noexcept
    void scatter_pairs(
        const int64_t *keys, const int64_t *values, const uint32_t *parts, int64_t count,
        int64_t *cursors, int64_t *out_keys, int64_t *out_values) noexcept
    void dense_add(
        const uint32_t *ids, const int64_t *values, int64_t count, int64_t *sums) noexcept

    cdef cppclass NativeTableLoop "flk::TableLoop":
        NativeTableLoop()
        Status open(int64_t key_count) noexcept
        void add(const int64_t *keys, const int64_t *values, int64_t count) noexcept
        int64_t sum(int64_t key) noexcept
