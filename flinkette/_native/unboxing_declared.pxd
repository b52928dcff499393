from flinkette._native.c_column cimport ColumnPtr
from flinkette._native.unboxing cimport Validity


# Build the column of a declared type (TypeInformation.type_spec()); raises ConversionError whose
# path begins with "row N".
cdef int unbox_declared(list values, tuple spec, ColumnPtr *out_column) except -1

# Fields of a row or tuple type: their names, their types, the values of each (one list a field;
# `validity` takes the null rows, or is None if there may be none), and the column of one.
cdef tuple field_names(tuple spec)
cdef tuple field_specs(tuple spec)
cdef list field_values(list values, tuple spec, Validity validity)
cdef int unbox_field(list values, tuple spec, Py_ssize_t at, ColumnPtr *out_column) except -1
