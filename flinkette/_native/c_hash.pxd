from libc.stdint cimport int64_t, uint8_t, uint64_t

from flinkette._native.c_isa cimport Isa


cdef extern from "flk/hash.h" namespace "flk" nogil:
    uint64_t load_le64(const uint8_t *bytes) noexcept
    uint64_t hash_int64(int64_t value) noexcept
    int64_t int64_of_hash(uint64_t hash) noexcept
    void hash_int64s(const int64_t *values, int64_t count, uint64_t *out_hashes) noexcept
    void hash_int64s_with(
        Isa isa, const int64_t *values, int64_t count, uint64_t *out_hashes) noexcept
    uint64_t hash_body(uint8_t tag, const uint8_t *bytes, int64_t count) noexcept
