"""Python objects to columns, typed by what the objects are; for Cython callers only.

Only exact int, float, bool, str and bytes become columns, because only they come back as what
they were. None becomes null. Everything else stays a list of objects.
"""

import cython

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.long cimport PyLong_CheckExact
from cpython.unicode cimport PyUnicode_CheckExact
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t
from libc.string cimport memcpy, memset

from flinkette._native.c_base cimport Error
from flinkette._native.c_column cimport (
    Buffer, ColumnPtr, TypePtr, buffer_allocate, column_bytes, column_fixed, column_null, set_bits,
    type_from_format,
)
from flinkette._native.c_utf8 cimport utf8_size, utf8_write
from flinkette._native.status cimport check

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object value, int *overflow) except? -1
    int PyUnicode_KIND(object text) noexcept
    void *PyUnicode_DATA(object text) noexcept
    bint PyUnicode_IS_ASCII(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept


@cython.final
cdef class Validity:
    """The validity bitmap of a column that is being filled. Not thread safe."""

    cdef int add_null(self, int64_t row) except -1:
        cdef Error error
        cdef int64_t size_bytes = (self.length + 7) // 8
        if self.bits is NULL:
            check(buffer_allocate(size_bytes, &self.buffer, &error), &error)
            self.bits = self.buffer.bytes()
            memset(self.bits, 0, <size_t> size_bytes)
            set_bits(self.bits, 0, row)
        return 0


cdef Validity new_validity(int64_t length):
    cdef Validity validity = Validity.__new__(Validity)
    validity.length = length
    return validity


cdef bint unbox_adaptive(list values, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Py_ssize_t row = 0
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Py_ssize_t refused = 0
    while row < length and <object> PyList_GET_ITEM(values, row) is None:
        row += 1
    if row == length:
        check(column_null(length, out_column, &error), &error)
        return True
    first = <object> PyList_GET_ITEM(values, row)
    if PyLong_CheckExact(first):
        return unbox_ints(values, out_column)
    if PyFloat_CheckExact(first):
        return unbox_floats(values, out_column)
    if PyUnicode_CheckExact(first):
        return are_exact_texts(values) and unbox_texts(values, out_column, &refused)
    if first is True or first is False:
        return unbox_bools(values, out_column)
    if PyBytes_CheckExact(first) and are_exact_bytes(values):
        unbox_bytes(values, out_column)
        return True
    return False


cdef bint are_exact_texts(list values) noexcept:
    cdef Py_ssize_t row
    for row in range(PyList_GET_SIZE(values)):
        value = <object> PyList_GET_ITEM(values, row)
        if not PyUnicode_CheckExact(value) and value is not None:
            return False
    return True


cdef bint are_exact_bytes(list values) noexcept:
    cdef Py_ssize_t row
    for row in range(PyList_GET_SIZE(values)):
        value = <object> PyList_GET_ITEM(values, row)
        if not PyBytes_CheckExact(value) and value is not None:
            return False
    return True


cdef int finish_fixed(
    const char *format, int64_t length, const Buffer &data, Validity validity, ColumnPtr *out_column
) except -1:
    cdef Error error
    cdef TypePtr type
    check(type_from_format(format, &type, &error), &error)
    check(column_fixed(type, length, data, validity.buffer, out_column, &error), &error)
    return 0


cdef bint unbox_ints(list values, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Buffer data
    cdef int64_t *numbers
    cdef int overflow = 0
    cdef Py_ssize_t row
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    check(buffer_allocate(length * 8, &data, &error), &error)
    numbers = <int64_t *> data.bytes()
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if PyLong_CheckExact(value):
            numbers[row] = PyLong_AsLongLongAndOverflow(value, &overflow)
            if overflow != 0:
                return False
            mark_valid(validity, row)
        elif value is None:
            validity.add_null(row)
            numbers[row] = 0
        else:
            return False
    finish_fixed("l", length, data, validity, out_column)
    return True


cdef bint unbox_floats(list values, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Buffer data
    cdef double *numbers
    cdef Py_ssize_t row
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    check(buffer_allocate(length * 8, &data, &error), &error)
    numbers = <double *> data.bytes()
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if PyFloat_CheckExact(value):
            numbers[row] = PyFloat_AS_DOUBLE(value)
            mark_valid(validity, row)
        elif value is None:
            validity.add_null(row)
            numbers[row] = 0.0
        else:
            return False
    finish_fixed("g", length, data, validity, out_column)
    return True


cdef bint unbox_bools(list values, ColumnPtr *out_column) except -1:
    cdef Error error
    cdef Buffer data
    cdef uint8_t *bits
    cdef Py_ssize_t row
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    check(buffer_allocate((length + 7) // 8, &data, &error), &error)
    bits = data.bytes()
    memset(bits, 0, <size_t> ((length + 7) // 8))
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is True:
            bits[row >> 3] |= <uint8_t> (1 << (row & 7))
        elif value is None:
            validity.add_null(row)
            continue
        elif value is not False:
            return False
        mark_valid(validity, row)
    finish_fixed("b", length, data, validity, out_column)
    return True


cdef int64_t text_size(object text) noexcept:
    """Bytes of a str as UTF-8; -1 if it has surrogates."""
    if PyUnicode_IS_ASCII(text):
        return PyUnicode_GET_LENGTH(text)
    return utf8_size(PyUnicode_DATA(text), PyUnicode_KIND(text), PyUnicode_GET_LENGTH(text))


cdef uint8_t *write_text(object text, uint8_t *out) noexcept:
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(text)
    if PyUnicode_IS_ASCII(text):
        memcpy(out, PyUnicode_DATA(text), <size_t> length)
        return out + length
    return utf8_write(PyUnicode_DATA(text), PyUnicode_KIND(text), length, out)


cdef class BytesFiller:
    """Offsets and bytes of a column that is being filled: 32-bit offsets while they suffice."""

    cdef Buffer offsets
    cdef Buffer data
    cdef int64_t length
    cdef int64_t total
    cdef bint is_wide

    cdef int allocate(self, int64_t length, int64_t total) except -1:
        cdef Error error
        self.length = length
        self.total = total
        self.is_wide = total > INT32_MAX
        check(
            buffer_allocate((length + 1) * (8 if self.is_wide else 4), &self.offsets, &error),
            &error
        )
        check(buffer_allocate(total, &self.data, &error), &error)
        self.set_end(-1, 0)
        return 0

    cdef inline void set_end(self, int64_t row, int64_t end) noexcept:
        if self.is_wide:
            (<int64_t *> self.offsets.bytes())[row + 1] = end
        else:
            (<int32_t *> self.offsets.bytes())[row + 1] = <int32_t> end

    cdef int finish(
        self, const char *narrow, const char *wide, Validity validity, ColumnPtr *out_column
    ) except -1:
        cdef Error error
        cdef TypePtr type
        check(type_from_format(wide if self.is_wide else narrow, &type, &error), &error)
        check(
            column_bytes(
                type, self.length, self.offsets, self.data, validity.buffer, out_column, &error
            ),
            &error,
        )
        return 0


cdef bint unbox_texts(list values, ColumnPtr *out_column, Py_ssize_t *out_row) except -1:
    cdef Py_ssize_t row
    cdef int64_t size, total = 0
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    cdef BytesFiller filler = BytesFiller.__new__(BytesFiller)
    cdef uint8_t *start
    cdef uint8_t *end
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is not None:
            size = text_size(value)
            if size < 0:
                out_row[0] = row
                return False
            total += size
    filler.allocate(length, total)
    start = end = filler.data.bytes()
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is None:
            validity.add_null(row)
        else:
            end = write_text(value, end)
            mark_valid(validity, row)
        filler.set_end(row, end - start)
    filler.finish("u", "U", validity, out_column)
    return True


cdef int unbox_bytes(list values, ColumnPtr *out_column) except -1:
    cdef Py_ssize_t row
    cdef int64_t total = 0
    cdef Py_ssize_t length = PyList_GET_SIZE(values)
    cdef Validity validity = new_validity(length)
    cdef BytesFiller filler = BytesFiller.__new__(BytesFiller)
    cdef uint8_t *start
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is not None:
            total += PyBytes_GET_SIZE(value)
    filler.allocate(length, total)
    start = filler.data.bytes()
    total = 0
    for row in range(length):
        value = <object> PyList_GET_ITEM(values, row)
        if value is None:
            validity.add_null(row)
        else:
            memcpy(start + total, PyBytes_AS_STRING(value), <size_t> PyBytes_GET_SIZE(value))
            total += PyBytes_GET_SIZE(value)
            mark_valid(validity, row)
        filler.set_end(row, total)
    filler.finish("z", "Z", validity, out_column)
    return 0
