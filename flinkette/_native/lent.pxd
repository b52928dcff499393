from flinkette._native.batch cimport Batch


cpdef Batch retain(Batch batch)

# Number of the value column that is this very one, as text; or None. The batch has columns.
cdef str place_of(Batch batch, object column)
