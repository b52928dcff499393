from libc.stdint cimport int32_t

from flinkette._native.c_timer_heap cimport Timer, TimerHeap


# 1 if the timer is new, 0 if it is registered already.
cdef inline int32_t add_timer(TimerHeap &heap, const Timer &timer) except -1:
    cdef int32_t outcome = heap.add(timer)
    if outcome < 0:
        raise MemoryError("no memory for another timer")
    return outcome


cdef class Timers:
    cdef TimerHeap _heap
