from flinkette._native.c_column cimport ColumnPtr


# Build the column of a declared type without children; False if the type has some.
cdef bint unbox_scalar(list values, tuple spec, ColumnPtr *out_column) except -1

# Raise ConversionError for a row's value.
cdef int refuse(Py_ssize_t row, str kind, object value, str reason) except -1
cdef int refuse_type(Py_ssize_t row, str kind, object value, str wanted) except -1
