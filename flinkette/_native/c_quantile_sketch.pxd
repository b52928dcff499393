from libc.stdint cimport int64_t
from libcpp cimport bool as cpp_bool


cdef extern from "flk/quantile_sketch.h" namespace "flk" nogil:
    cdef cppclass QuantileSketch:
        QuantileSketch()
        int64_t count() noexcept
        cpp_bool is_exact() noexcept
        void add(double value) except +
        void merge(const QuantileSketch &other) except +
        double value_at(double quantile) noexcept
