from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.column cimport Column
from flinkette._native.marks cimport Marks


cdef class Batch:
    cdef readonly Py_ssize_t num_rows
    cdef list _objects
    cdef readonly tuple columns
    cdef readonly object row_type
    cdef readonly Int64Buffer times
    cdef readonly object kinds
    cdef readonly object keys
    cdef readonly Int64Buffer hashes
    cdef readonly Marks marks

    cpdef list objects(self)
    cpdef Column column(self, object name_or_index)
    cpdef Batch slice(self, Py_ssize_t start, Py_ssize_t stop)
    cpdef Batch take(self, Uint32Buffer indices)


# The rows `rows`, which the caller knows to be rows of the batch; without marks.
cdef Batch gather_rows(Batch batch, Uint32Buffer rows)
