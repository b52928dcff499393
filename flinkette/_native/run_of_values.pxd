from flinkette._native.buffer cimport Uint32Buffer
from flinkette._native.column cimport Column


# Rows of a list, bytes, Column or Int64Buffer; None stays None. `rows` are known to be there.
cdef object slice_values(object values, Py_ssize_t start, Py_ssize_t stop)
cdef object gather_values(object values, Uint32Buffer rows)
cdef Column gather_column(Column column, Uint32Buffer rows)
cdef list gather_list(list values, Uint32Buffer rows)

# What was made of a column that is one of `columns`; None for anything else.
cdef object counterpart(object column, tuple columns, tuple made)

# Runs of values one after the other; a list if their types differ.
cdef object concat_values(list runs)
