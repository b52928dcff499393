from libc.stdint cimport int64_t, uint32_t


cdef class Int64Buffer:
    cdef int64_t *data
    cdef readonly Py_ssize_t length
    cdef object _owner

    @staticmethod
    cdef Int64Buffer allocate(Py_ssize_t length)


cdef class Batch:
    cdef readonly Py_ssize_t num_rows
    cdef list _objects
    cdef readonly tuple columns
    cdef readonly object row_type
    cdef readonly Int64Buffer times
    cdef readonly object kinds
    cdef readonly object keys
    cdef readonly Int64Buffer hashes

    cpdef list objects(self)
