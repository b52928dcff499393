from libc.stdint cimport int32_t, int64_t, uint8_t

from flinkette._native.c_base cimport Error, Status


cdef extern from "flk/shared_memory.h" namespace "flk" nogil:
    int64_t shared_memory_bytes() noexcept

    cdef cppclass SharedMemory:
        SharedMemory()
        Status create(int64_t size_bytes, Error *error) noexcept
        Status map(int32_t descriptor, int64_t min_bytes, Error *error) noexcept
        void close() noexcept
        uint8_t *bytes() noexcept
        int64_t size_bytes() noexcept
        int32_t descriptor() noexcept
