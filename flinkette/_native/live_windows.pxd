from libc.stdint cimport int64_t, uint32_t

from flinkette._native.c_timer_heap cimport Timer, TimerHeap
from flinkette._native.c_window_table cimport WindowTable
from flinkette._native.state cimport KeyContext
from flinkette._native.window_spec cimport Span, WindowSpec


cdef class LiveWindows:
    cdef WindowSpec spec
    cdef KeyContext keys
    cdef WindowTable table
    cdef TimerHeap event_timers
    cdef TimerHeap processing_timers
    cdef list contents
    cdef list windows
    cdef object absent

    cdef uint32_t new_slot(self, uint32_t key_id, Span span) except? 4294967294
    cdef int forget(self, uint32_t slot) except -1
    cdef list listed(self)
    cdef list pending(self, bint is_event_time)
    cdef int schedule(self, uint32_t slot, int64_t watermark) except -1
    cdef Timer timer_of(self, uint32_t slot, int64_t time_ms) noexcept
    cdef int add_timer(self, uint32_t slot, int64_t time_ms, bint is_event_time) except -1
    cdef int remove_timer(self, uint32_t slot, int64_t time_ms, bint is_event_time) except -1
    cdef int64_t max_timestamp(self, uint32_t slot) except? -1
    cdef int64_t cleanup_time(self, int64_t max_timestamp) noexcept
    cdef bint is_gone(self, int64_t max_timestamp, int64_t watermark) noexcept
    cdef object window(self, uint32_t slot)
    cdef object firing(self, uint32_t slot)
