"""What kernels tell the chain, and what they are working on."""

cdef enum Status:
    STATUS_DONE = 0
    STATUS_MORE = 1
    STATUS_FULL = 2
    STATUS_FAILED = 3

cdef enum Mode:
    MODE_ROWS = 0
    MODE_EVENT_TIMERS = 1
    MODE_PROCESSING_TIMERS = 2
