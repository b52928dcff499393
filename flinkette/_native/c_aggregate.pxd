from libc.stdint cimport int64_t, uint8_t, uint32_t

from flinkette._native.c_base cimport Status


cdef extern from "flk/aggregate.h" namespace "flk" nogil:
    cdef cppclass RunningColumn[T]:
        RunningColumn()
        Status resize(int64_t id_capacity) noexcept
        int64_t hold(const uint32_t *ids, int64_t row_count, uint32_t *out_ids) noexcept
        bint is_held(uint32_t id) noexcept
        int64_t id_capacity() noexcept
        int64_t row_count(uint32_t id) noexcept
        T value(uint32_t id) noexcept
        Status sum(
            const uint32_t *ids, const T *values, int64_t row_count, T *out_values,
            int64_t *out_done) noexcept
        Status min(
            const uint32_t *ids, const T *values, int64_t row_count, T *out_values,
            int64_t *out_done) noexcept
        Status max(
            const uint32_t *ids, const T *values, int64_t row_count, T *out_values,
            int64_t *out_done) noexcept
        Status avg(
            const uint32_t *ids, const T *values, int64_t row_count, double *out_values,
            int64_t *out_done) noexcept
        void min_by(
            const uint32_t *ids, const T *values, int64_t row_count, uint8_t *out_taken) noexcept
        void max_by(
            const uint32_t *ids, const T *values, int64_t row_count, uint8_t *out_taken) noexcept
        void count(const uint32_t *ids, int64_t row_count, int64_t *out_counts) noexcept
