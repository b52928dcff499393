from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libcpp.vector cimport vector


cdef extern from "flk/timer_heap.h" namespace "flk" nogil:
    cdef struct Timer:
        int64_t time_ms
        uint64_t namespace_id
        uint32_t key_id
        uint32_t generation

    cdef cppclass TimerHeap:
        TimerHeap()
        # 1: new; 0: already registered; -1: no memory
        int32_t add(const Timer &timer) noexcept
        bint remove(const Timer &timer) noexcept
        bint empty() noexcept
        int64_t size() noexcept
        const Timer &top() noexcept
        void pop() noexcept
        # False: no memory
        bint list(vector[Timer] *out_timers) noexcept
        void clear() noexcept
