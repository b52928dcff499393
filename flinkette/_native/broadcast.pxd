cdef class BroadcastStates:
    cdef dict _states
    cdef bint _is_logging

    cdef int begin_row(self) except -1
    cdef int roll_back(self) except -1
