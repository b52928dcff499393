from libc.stdint cimport int64_t


cdef extern from "flk/live_count.h" namespace "flk" nogil:
    cdef enum class LiveKind(unsigned int):
        kKeyMap
        kTimerHeap
        kKeyWriter
        kRunning
        kDoorbell
        kWindowKernel
        kAggregate
        kSharedMemory
        kIntervalJoin

    int64_t live_count(LiveKind kind) noexcept
