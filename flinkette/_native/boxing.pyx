"""Columns to Python objects, one loop per type; for Cython callers only.

Every `box_*` function makes the whole list of one column, so the type is looked at once per
column. Nested columns box their child once and cut or transpose the result.
"""

from decimal import Decimal
from sys import intern

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.list cimport PyList_GET_ITEM, PyList_GetSlice, PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport (
    int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t,
)
from libc.string cimport memcpy
from libcpp.vector cimport vector

from flinkette._native.boxing_time cimport box_date, box_duration, box_time, box_timestamp
from flinkette._native.c_base cimport Error
from flinkette._native.c_column cimport (
    Column as NativeColumn, ColumnPtr, Layout, TypeId, column_slice, column_take, type_text,
)
from flinkette._native.c_decimal cimport decimal128_text, half_to_double
from flinkette._native.c_utf8 cimport is_ascii
from flinkette._native.row cimport new_row
from flinkette._native.status cimport check

cdef extern from "Python.h":
    object PyUnicode_DecodeUTF8(const char *text, Py_ssize_t size, const char *errors)
    object PyUnicode_New(Py_ssize_t length, Py_UCS4 largest)
    void *PyUnicode_DATA(object text) noexcept
    bint PyGC_Disable() noexcept
    bint PyGC_Enable() noexcept

ctypedef fused machine_number:
    int8_t
    uint8_t
    int16_t
    uint16_t
    int32_t
    uint32_t
    int64_t
    uint64_t
    float
    double


cdef inline void put(list values, Py_ssize_t row, object value) noexcept:
    """Fill a slot of a list that PyList_New made."""
    Py_INCREF(value)
    PyList_SET_ITEM(values, row, value)


# Boxing makes thousands of containers at once and no cycles: collections in between only cost
# (rows of three fields 1,700 ns with them, 330 ns without).
cdef list box_column(const NativeColumn *column):
    cdef bint was_enabled = PyGC_Disable()
    try:
        return box_any(column)
    finally:
        if was_enabled:
            PyGC_Enable()


cdef list box_any(const NativeColumn *column):
    kind = column.type.get().id
    if kind == TypeId.kInt64:
        return box_numbers[int64_t](column, column.values[int64_t]())
    if kind == TypeId.kFloat64:
        return box_numbers[double](column, column.values[double]())
    if kind == TypeId.kUtf8 or kind == TypeId.kLargeUtf8 or kind == TypeId.kUtf8View:
        return box_texts(column)
    if kind == TypeId.kInt32:
        return box_numbers[int32_t](column, column.values[int32_t]())
    if kind == TypeId.kInt16:
        return box_numbers[int16_t](column, column.values[int16_t]())
    if kind == TypeId.kInt8:
        return box_numbers[int8_t](column, column.values[int8_t]())
    if kind == TypeId.kUint64:
        return box_numbers[uint64_t](column, column.values[uint64_t]())
    if kind == TypeId.kUint32:
        return box_numbers[uint32_t](column, column.values[uint32_t]())
    if kind == TypeId.kUint16:
        return box_numbers[uint16_t](column, column.values[uint16_t]())
    if kind == TypeId.kUint8:
        return box_numbers[uint8_t](column, column.values[uint8_t]())
    if kind == TypeId.kFloat32:
        return box_numbers[float](column, column.values[float]())
    if kind == TypeId.kFloat16:
        return box_halves(column)
    if kind == TypeId.kBool:
        return box_bools(column)
    if kind == TypeId.kTimestamp:
        return box_timestamp(column)
    if kind == TypeId.kDate32 or kind == TypeId.kDate64:
        return box_date(column)
    if kind == TypeId.kTime32 or kind == TypeId.kTime64:
        return box_time(column)
    if kind == TypeId.kDuration:
        return box_duration(column)
    return box_rest(column, kind)


cdef list box_rest(const NativeColumn *column, TypeId kind):
    if kind == TypeId.kNull:
        return [None] * column.length
    if (
        kind == TypeId.kBinary or kind == TypeId.kLargeBinary
        or kind == TypeId.kBinaryView or kind == TypeId.kFixedSizeBinary
    ):
        return box_bytes(column)
    if kind == TypeId.kDecimal128:
        return box_decimals(column)
    if kind == TypeId.kDecimal256:
        return box_wide_decimals(column)
    if kind == TypeId.kMap:
        return box_maps(column)
    if kind == TypeId.kList or kind == TypeId.kLargeList or kind == TypeId.kFixedSizeList:
        return box_lists(column)
    if kind == TypeId.kStruct:
        return box_structs(column)
    if kind == TypeId.kDictionary:
        return box_dictionary(column)
    raise TypeError(
        f"values of Arrow type {type_text(column.type.get()[0]).decode()} have no Python form; "
        "cast the column first"
    )


cdef list box_numbers(const NativeColumn *column, const machine_number *values):
    cdef Py_ssize_t row
    cdef list boxed = PyList_New(column.length)
    if column.validity is NULL:
        for row in range(column.length):
            put(boxed, row, values[row])
        return boxed
    for row in range(column.length):
        put(boxed, row, values[row] if column.is_valid(row) else None)
    return boxed


cdef list box_halves(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef const uint16_t *values = column.values[uint16_t]()
    cdef list boxed = PyList_New(column.length)
    for row in range(column.length):
        put(boxed, row, half_to_double(values[row]) if column.is_valid(row) else None)
    return boxed


cdef list box_bools(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef list boxed = PyList_New(column.length)
    for row in range(column.length):
        if not column.is_valid(row):
            put(boxed, row, None)
        else:
            put(boxed, row, True if column.bool_at(row) else False)
    return boxed


cdef inline object text_of(const uint8_t *text, int64_t size):
    if size > 1 and is_ascii(text, size):
        made = PyUnicode_New(size, 127)
        memcpy(PyUnicode_DATA(made), text, <size_t> size)
        return made
    return PyUnicode_DecodeUTF8(<const char *> text, size, NULL)


cdef list box_texts(const NativeColumn *column):
    cdef Py_ssize_t row = 0
    cdef int64_t size = 0
    cdef const uint8_t *text = NULL
    cdef list boxed = PyList_New(column.length)
    try:
        for row in range(column.length):
            if column.is_valid(row):
                text = column.bytes_at(row, &size)
                put(boxed, row, text_of(text, size))
            else:
                put(boxed, row, None)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"row {row}: {text[:min(size, 64)]!r} in a column of strings is not UTF-8"
        ) from error
    return boxed


cdef list box_bytes(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef int64_t size = 0
    cdef const uint8_t *data
    cdef list boxed = PyList_New(column.length)
    for row in range(column.length):
        if column.is_valid(row):
            data = column.bytes_at(row, &size)
            put(boxed, row, PyBytes_FromStringAndSize(<const char *> data, size))
        else:
            put(boxed, row, None)
    return boxed


cdef list box_decimals(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef int32_t size
    cdef int32_t scale = column.type.get().scale
    cdef const uint8_t *values = column.data + column.offset * 16
    cdef char[64] text
    cdef list boxed = PyList_New(column.length)
    make = Decimal
    for row in range(column.length):
        if column.is_valid(row):
            size = decimal128_text(values + row * 16, scale, text)
            put(boxed, row, make(PyUnicode_DecodeUTF8(text, size, NULL)))
        else:
            put(boxed, row, None)
    return boxed


cdef list box_wide_decimals(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef const uint8_t *values = column.data + column.offset * 32
    cdef list boxed = PyList_New(column.length)
    suffix = f"E{-column.type.get().scale}"
    for row in range(column.length):
        if column.is_valid(row):
            digits = int.from_bytes(
                PyBytes_FromStringAndSize(<const char *> values + row * 32, 32), "little",
                signed=True
            )
            put(boxed, row, Decimal(f"{digits}{suffix}"))
        else:
            put(boxed, row, None)
    return boxed


cdef list box_range(const ColumnPtr &column, int64_t start, int64_t stop):
    """Box rows start .. stop - 1 of a child."""
    cdef Error error
    cdef ColumnPtr part
    check(column_slice(column, start, stop - start, &part, &error), &error)
    return box_any(part.get())


cdef int64_t child_range(const NativeColumn *column, int64_t *out_stop) noexcept:
    """First child row and the one behind the last that the lists of a column use."""
    cdef int64_t size = 0
    if column.length == 0:
        out_stop[0] = 0
        return 0
    out_stop[0] = column.list_at(column.length - 1, &size)
    out_stop[0] += size
    return column.list_at(0, &size)


cdef list box_lists(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef int64_t at, stop = 0, size = 0
    cdef int64_t start = child_range(column, &stop)
    cdef list items = box_range(column.children[0], start, stop)
    cdef list boxed = PyList_New(column.length)
    for row in range(column.length):
        if column.is_valid(row):
            at = column.list_at(row, &size) - start
            put(boxed, row, PyList_GetSlice(items, at, at + size))
        else:
            put(boxed, row, None)
    return boxed


cdef list box_maps(const NativeColumn *column):
    cdef Py_ssize_t row, entry
    cdef int64_t at, stop = 0, size = 0
    cdef int64_t start = child_range(column, &stop)
    cdef const NativeColumn *entries = column.children[0].get()
    cdef list keys = box_range(entries.children[0], start, stop)
    cdef list items = box_range(entries.children[1], start, stop)
    cdef list boxed = PyList_New(column.length)
    cdef dict pairs
    for row in range(column.length):
        if not column.is_valid(row):
            put(boxed, row, None)
            continue
        at = column.list_at(row, &size) - start
        pairs = {}
        for entry in range(at, at + size):
            pairs[<object> PyList_GET_ITEM(keys, entry)] = <object> PyList_GET_ITEM(items, entry)
        put(boxed, row, pairs)
    return boxed


cdef list box_structs(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef size_t field
    cdef list columns = []
    cdef list names = []
    cdef list boxed
    for field in range(column.children.size()):
        columns.append(box_any(column.children[field].get()))
        names.append(intern(column.type.get().fields[field].name.decode("utf-8", "replace")))
    boxed = rows_of(columns, tuple(names), column.length)
    if column.validity is not NULL:
        for row in range(column.length):
            if not column.is_valid(row):
                boxed[row] = None
    return boxed


cdef list box_dictionary(const NativeColumn *column):
    cdef Py_ssize_t row
    cdef list values, boxed
    cdef Layout layout = column.type.get().dictionary.get().layout
    if layout >= Layout.kList32:
        return box_gathered(column)
    values = box_any(column.dictionary.get())
    boxed = PyList_New(column.length)
    for row in range(column.length):
        if column.is_valid(row):
            put(boxed, row, <object> PyList_GET_ITEM(values, column.index_at(row)))
        else:
            put(boxed, row, None)
    return boxed


cdef list box_gathered(const NativeColumn *column):
    """Rows of a dictionary of nested values: each gets its own, since users may change them."""
    cdef Py_ssize_t row
    cdef Error error
    cdef ColumnPtr gathered
    cdef vector[uint32_t] indices
    cdef list values
    cdef list boxed = PyList_New(column.length)
    for row in range(column.length):
        if column.is_valid(row):
            indices.push_back(<uint32_t> column.index_at(row))
    check(
        column_take(
            column.dictionary.get()[0], indices.data(), <int64_t> indices.size(), &gathered, &error
        ),
        &error,
    )
    values = box_any(gathered.get())
    following = iter(values)
    for row in range(column.length):
        put(boxed, row, next(following) if column.is_valid(row) else None)
    return boxed


cdef list tuples_of(list columns, Py_ssize_t num_rows):
    cdef Py_ssize_t row, at
    cdef Py_ssize_t width = len(columns)
    cdef list rows = PyList_New(num_rows)
    cdef tuple values
    # nothing here can be garbage, and the collector would look at every few hundred new tuples
    cdef bint was_enabled = PyGC_Disable()
    try:
        for row in range(num_rows):
            values = PyTuple_New(width)
            for at in range(width):
                value = <object> PyList_GET_ITEM(<list> PyList_GET_ITEM(columns, at), row)
                Py_INCREF(value)
                PyTuple_SET_ITEM(values, at, value)
            put(rows, row, values)
    finally:
        if was_enabled:
            PyGC_Enable()
    return rows


cdef list rows_of(list columns, tuple names, Py_ssize_t num_rows):
    cdef Py_ssize_t row
    cdef list tuples
    cdef list rows = PyList_New(num_rows)
    cdef bint was_enabled = PyGC_Disable()
    try:
        tuples = tuples_of(columns, num_rows)
        if not names:
            names = None
        for row in range(num_rows):
            put(rows, row, new_row(<tuple> PyList_GET_ITEM(tuples, row), names))
    finally:
        if was_enabled:
            PyGC_Enable()
    return rows
