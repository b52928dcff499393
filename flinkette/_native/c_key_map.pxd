from libc.stdint cimport int64_t, uint32_t, uint64_t

from flinkette._native.c_base cimport Error, Status
from flinkette._native.c_isa cimport Isa
from flinkette._native.c_key_encoding cimport KeyView


cdef extern from "flk/key_map.h" namespace "flk" nogil:
    cdef cppclass NativeKeyMap "flk::KeyMap":
        NativeKeyMap()
        Status open(
            uint32_t max_parallelism, uint32_t first_group, uint32_t last_group,
            Error *error, Isa isa) noexcept
        Status find_or_insert(
            const KeyView *keys, int64_t count, uint32_t *out_ids, int64_t *out_new_rows,
            int64_t *out_new_count, Error *error) noexcept
        uint32_t find(const KeyView &key) noexcept
        const uint32_t *release_batch(int64_t *out_count) noexcept
        void retain(uint32_t id) noexcept
        bint release(uint32_t id) noexcept
        void retain_all(const uint32_t *ids, int64_t count) noexcept
        void release_all(const uint32_t *ids, int64_t count) noexcept
        KeyView key(uint32_t id) noexcept
        bint is_live(uint32_t id) noexcept
        uint32_t references(uint32_t id) noexcept
        uint32_t generation(uint32_t id) noexcept
        uint64_t hash(uint32_t id) noexcept
        int64_t size() noexcept
        uint32_t id_capacity() noexcept
        uint32_t block_count() noexcept
        uint32_t segment_of_block(uint32_t block) noexcept
        uint32_t segment_count() noexcept
