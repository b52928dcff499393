from flinkette._native.c_column cimport Buffer, ColumnPtr
from libc.stdint cimport int64_t, uint8_t


# Type the values by their exact Python types; False if they must stay objects.
cdef bint unbox_adaptive(list values, ColumnPtr *out_column) except -1


# Validity of rows as they are found: no bitmap before the first null.
cdef class Validity:
    cdef Buffer buffer
    cdef uint8_t *bits
    cdef int64_t length

    cdef int add_null(self, int64_t row) except -1


cdef inline void mark_valid(Validity validity, int64_t row) noexcept:
    if validity.bits is not NULL:
        validity.bits[row >> 3] |= <uint8_t> (1 << (row & 7))


cdef Validity new_validity(int64_t length)

# Strings and bytes objects (None: null) as one column. The text functions return False, or raise
# nothing, if a string has surrogates; `out_row` is then its row.
cdef bint unbox_texts(list values, ColumnPtr *out_column, Py_ssize_t *out_row) except -1
cdef int unbox_bytes(list values, ColumnPtr *out_column) except -1
