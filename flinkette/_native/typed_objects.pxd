cdef class TypedObjects:
    cdef readonly int row_kind
    cdef readonly object names
    cdef readonly list columns


# The rows as columns, or None if a row, or a field of one, would not come back as it was.
cpdef TypedObjects type_objects(list rows)

# A Row without names around each tuple.
cdef list unnamed_rows(list tuples)
