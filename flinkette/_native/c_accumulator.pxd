from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libcpp cimport bool as cpp_bool
from libcpp.memory cimport unique_ptr
from libcpp.vector cimport vector

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport Column, ColumnPtr, TypePtr


cdef extern from "flk/accumulator.h" namespace "flk" nogil:
    cdef enum class AggregateKind(int):
        kCount
        kSum
        kMin
        kMax
        kAvg
        kFirst
        kLast
        kVariance
        kStdDev
        kMinBy
        kMaxBy
        kTopN
        kCollect
        kCountDistinct
        kApproxCountDistinct
        kQuantile
        kCountIf

    cdef cppclass AggregateDefinition:
        AggregateDefinition()
        AggregateKind kind
        TypePtr input_type
        int64_t option
        double parameter
        cpp_bool is_retractable

    cdef cppclass ConsumedRows:
        uint8_t **states
        int64_t count
        int64_t first_row
        const uint32_t *rows
        int64_t first_arrival

    cdef cppclass Accumulator:
        int32_t state_bytes() noexcept
        const TypePtr &result_type() noexcept
        cpp_bool can_subtract() noexcept
        cpp_bool can_retract() noexcept
        cpp_bool owns_memory() noexcept
        Status consume(
            const ConsumedRows &rows, int32_t offset, const Column *column, Error *error) noexcept
        Status retract(
            const ConsumedRows &rows, int32_t offset, const Column *column, Error *error) noexcept
        Status merge(
            uint8_t **into, uint8_t **source, int64_t count, int32_t offset, Error *error) noexcept
        void subtract(uint8_t **into, uint8_t **source, int64_t count, int32_t offset) noexcept
        Status finalize(
            uint8_t **states, int64_t count, int32_t offset, ColumnPtr *out_column,
            Error *error) noexcept
        Status snapshot(
            uint8_t **states, int64_t count, int32_t offset, vector[uint8_t] *out_bytes,
            Error *error) noexcept
        Status restore(
            uint8_t **states, int64_t count, int32_t offset, const uint8_t *bytes, int64_t size,
            int64_t *io_position, Error *error) noexcept
        void release(uint8_t **states, int64_t count, int32_t offset) noexcept

    ctypedef unique_ptr[Accumulator] AccumulatorPtr

    # It owns its accumulators.
    cdef cppclass AccumulatorLayout:
        AccumulatorLayout()
        vector[AccumulatorPtr] accumulators
        vector[int32_t] offsets
        int32_t stride

    Status make_layout(
        const vector[AggregateDefinition] &definitions, AccumulatorLayout *out_layout,
        Error *error) noexcept
