from libc.stdint cimport int64_t, uint32_t
from libcpp.vector cimport vector

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_key_map cimport NativeKeyMap


cdef extern from "flk/join_batches.h" namespace "flk" nogil:
    cdef struct JoinRow:
        uint32_t batch
        uint32_t row

    cdef cppclass JoinBatches:
        Status open(int64_t row_count, uint32_t *out_batch) noexcept
        void close(uint32_t batch) noexcept
        const vector[uint32_t] &dead() noexcept
        void forget_dead() noexcept
        const vector[uint32_t] &sparse() noexcept
        Status compact(vector[uint32_t] *out_positions) noexcept
        uint32_t position(JoinRow row) noexcept
        int64_t live_rows() noexcept
        uint32_t capacity() noexcept

    cdef cppclass GroupedRows:
        vector[uint32_t] batches
        vector[int64_t] starts
        vector[uint32_t] positions
        vector[uint32_t] order
        Status group(
            const JoinBatches &of, const JoinRow *rows, int64_t count, size_t stride) noexcept


cdef extern from "flk/interval_join.h" namespace "flk" nogil:
    cdef struct JoinPair:
        JoinRow left
        JoinRow right
        int64_t left_ms
        int64_t right_ms
        int64_t row

    cdef struct JoinInput:
        const uint32_t *ids
        const int64_t *times_ms
        uint32_t batch
        uint32_t side

    cdef cppclass NativeIntervalJoin "flk::IntervalJoin":
        NativeIntervalJoin()
        Status open(
            int64_t lower_ms, int64_t upper_ms, NativeKeyMap *keys, Error *error) noexcept
        Status add(
            const JoinInput &input, int64_t *row, int64_t end, int64_t max_pairs) noexcept
        const vector[JoinPair] &pairs() noexcept
        void clear_pairs() noexcept
        const vector[uint32_t] &late() noexcept
        void clear_late() noexcept
        Status advance(int64_t watermark_ms, int64_t max_keys) noexcept
        int64_t watermark_ms() noexcept
        JoinBatches &batches() noexcept
        int64_t live_keys() noexcept
