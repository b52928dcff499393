from libcpp.string cimport string

from flinkette._native.c_arrow_abi cimport ArrowArrayStream
from flinkette._native.c_column cimport ColumnPtr, TypePtr


# Whether `source` offers one array or a stream of arrays.
cdef bint has_array(object source)
cdef bint has_stream(object source)

# Take over the array that `source.__arrow_c_array__()` gives; `out_name` may be NULL.
cdef int import_array(object source, ColumnPtr *out_column, string *out_name) except -1

# Capsules of a column and of its type, to be consumed once by another library.
cdef object array_capsule(const ColumnPtr &column)
cdef object schema_capsule(const TypePtr &type, const string &name)
cdef object stream_capsule(const ColumnPtr &column)


cdef class ArrowStream:
    cdef ArrowArrayStream _stream
    cdef TypePtr type

    # Move to the next chunk; False at the end.
    cdef bint next_into(self, ColumnPtr *out_column) except -1
    cdef int read_all(self, ColumnPtr *out_column) except -1
    cdef int refuse(self, int code) except -1
    cpdef close(self)


cdef ArrowStream open_stream(object source)
