from flinkette._native.buffer cimport Uint32Buffer


# Rows of a list, bytes, Column or Int64Buffer; None stays None.
cdef object slice_values(object values, Py_ssize_t start, Py_ssize_t stop)
cdef object take_values(object values, Uint32Buffer indices)

# Runs of values one after the other; a list if their types differ.
cdef object concat_values(list runs)

cdef list take_list(list values, Uint32Buffer indices)
