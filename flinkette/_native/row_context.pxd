from libc.stdint cimport int64_t
from libcpp.vector cimport vector

from flinkette._native.c_timer_heap cimport Timer, TimerHeap
from flinkette._native.state cimport KeyContext


cdef struct TimerChange:
    Timer timer
    TimerHeap *heap
    bint is_added


cdef class TimerService:
    cdef KeyContext _keys
    cdef TimerHeap _event_timers
    cdef TimerHeap _processing_timers
    cdef int64_t _watermark
    cdef object _now_ms
    # a callback at the end of a key must not keep the key from ending
    cdef bint _ends_keys
    cdef vector[TimerChange] _changes

    cdef int _add(self, TimerHeap *heap, int64_t time_ms) except -1
    cdef int _remove(self, TimerHeap *heap, int64_t time_ms) except -1
    cdef int roll_back(self) except -1


cdef class RowContext:
    cdef int64_t _time
    cdef readonly object key_context
    cdef TimerService _timers
    cdef object _time_domain
