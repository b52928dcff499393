from flinkette._native.c_column cimport Column as NativeColumn
from flinkette._native.row cimport Row


# One Python object per row of the column.
cdef list box_column(const NativeColumn *column)

# One tuple per row over lists of equal length: the transposed columns.
cdef list tuples_of(list columns, Py_ssize_t num_rows)

# The same with a Row around each tuple; `names` are interned strings.
cdef list rows_of(list columns, tuple names, Py_ssize_t num_rows)
