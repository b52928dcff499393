cdef class TwoSides:
    cdef list first
    cdef list second

    cdef int append(self, int side, object row) except -1
    cdef int absorb(self, TwoSides later) except -1


cdef class Pairs:
    cdef list _first
    cdef list _second
    cdef object _function
    cdef bint _is_flat
    cdef Py_ssize_t _row
    cdef Py_ssize_t _partner
    cdef object _results
    cdef tuple _pair

    cdef tuple current(self)
