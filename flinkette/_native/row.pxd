cdef class Row:
    cdef tuple _data
    cdef tuple _names
    cdef int _kind


# A row over `values` (a tuple is taken by reference) with `names` (or None), of kind INSERT.
cdef Row new_row(object values, tuple names)
cdef Row new_row_of_kind(tuple values, tuple names, int kind)
