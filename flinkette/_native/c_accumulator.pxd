from libc.stdint cimport int64_t
from libcpp.vector cimport vector

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_column cimport TypePtr


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

    cdef cppclass AggregateDefinition:
        AggregateDefinition()
        AggregateKind kind
        TypePtr input_type
        int64_t option
        double parameter

    # Only made and destroyed here: it owns its accumulators.
    cdef cppclass AccumulatorLayout:
        AccumulatorLayout()

    Status make_layout(
        const vector[AggregateDefinition] &definitions, AccumulatorLayout *out_layout,
        Error *error) noexcept
