from libc.stdint cimport int64_t, uint32_t, uint64_t


cdef extern from "flk/key_group.h" namespace "flk" nogil:
    uint32_t kMaxParallelismLimit

    uint32_t key_group_of(uint64_t hash, uint32_t max_parallelism) noexcept
    uint32_t first_group_of(
        uint32_t subtask, uint32_t max_parallelism, uint32_t parallelism) noexcept
    uint32_t last_group_of(
        uint32_t subtask, uint32_t max_parallelism, uint32_t parallelism) noexcept
    void owners_of_hashes(
        const uint64_t *hashes, int64_t count, uint32_t max_parallelism, uint32_t parallelism,
        uint32_t *out_owners) noexcept
