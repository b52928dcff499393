from libc.stdint cimport int64_t, uint32_t


cdef class Uint32Buffer:
    cdef uint32_t *data
    cdef readonly Py_ssize_t length
    cdef object _owner

    @staticmethod
    cdef Uint32Buffer allocate(Py_ssize_t length)


cdef class Int64Buffer:
    cdef int64_t *data
    cdef readonly Py_ssize_t length
    cdef object _owner

    @staticmethod
    cdef Int64Buffer allocate(Py_ssize_t length)

    cpdef Int64Buffer take(self, Uint32Buffer indices)
    cdef Int64Buffer gather(self, Uint32Buffer indices)


# Raise IndexError unless every index is below `length`.
cdef int check_indices(Uint32Buffer indices, Py_ssize_t length) except -1
