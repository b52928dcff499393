from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp cimport bool as cbool


cdef extern from "flk/window_table.h" namespace "flk" nogil:
    uint32_t kNoWindow

    cdef struct WindowSlot:
        int64_t start
        int64_t end
        int64_t element_count
        uint32_t key_id
        uint32_t generation
        uint32_t next_of_key
        uint32_t prev_of_key
        uint32_t is_live

    cdef cppclass WindowTable:
        WindowTable() noexcept
        uint32_t find(uint32_t key_id, int64_t start, int64_t end) noexcept
        uint32_t find_or_add(
            uint32_t key_id, int64_t start, int64_t end, cbool *out_is_new) noexcept
        void remove(uint32_t slot) noexcept
        void move(uint32_t slot, int64_t start, int64_t end) noexcept
        WindowSlot *slot(uint32_t index) noexcept
        bint is_current(uint32_t index, uint32_t generation) noexcept
        uint32_t first_of_key(uint32_t key_id) noexcept
        uint64_t live_count() noexcept
        uint64_t capacity() noexcept
