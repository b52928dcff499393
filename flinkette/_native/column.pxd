from libc.stdint cimport int64_t

from flinkette._native.buffer cimport Int64Buffer, Uint32Buffer
from flinkette._native.c_column cimport Column as NativeColumn, ColumnPtr


# Native code reads `column.handle.get()`: type, length, validity, values[T]() (flk/column.h).
cdef class Column:
    cdef ColumnPtr handle
    cdef readonly Py_ssize_t length

    cpdef list to_objects(self)
    cpdef Int64Buffer times_ms(self)
    cpdef Column slice(self, Py_ssize_t start, Py_ssize_t stop)
    cpdef Column take(self, Uint32Buffer indices)


cdef Column wrap_column(const ColumnPtr &handle)

# A column over the memory of an object with the buffer protocol, which it keeps exported.
cdef Column wrap_buffer(object source)

# Whether the column has the buffer protocol: machine numbers without nulls.
cdef bint is_machine_array(Column column) noexcept
