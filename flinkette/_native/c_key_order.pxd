from libc.stdint cimport int64_t, uint32_t


cdef extern from "flk/key_order.h" namespace "flk" nogil:
    bint order_by_key(
        const uint32_t *key_ids, const int64_t *times, int64_t row_count,
        uint32_t *out_rows) noexcept
