from libc.stdint cimport int32_t, int64_t, uint64_t


cdef extern from "flk/hyperloglog.h" namespace "flk" nogil:
    cdef cppclass HyperLogLog:
        HyperLogLog()
        HyperLogLog(int32_t precision)
        int32_t precision() noexcept
        void add(uint64_t hash) except +
        void merge(const HyperLogLog &other) except +
        int64_t estimate() noexcept
