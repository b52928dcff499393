from flinkette._native.buffer cimport Int64Buffer


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
