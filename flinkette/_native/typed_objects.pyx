"""Python rows as columns that give back the very same rows. See typed_objects.pyi."""

import cython
from cpython.bytes cimport PyBytes_CheckExact
from cpython.float cimport PyFloat_CheckExact
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE, PyList_New, PyList_SET_ITEM
from cpython.long cimport PyLong_CheckExact
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_CheckExact

from flinkette._native.c_column cimport ColumnPtr
from flinkette._native.column cimport wrap_column
from flinkette._native.row cimport Row, new_row
from flinkette._native.unboxing cimport unbox_adaptive

cdef enum:
    VALUE_ROWS = 0
    NAMED_ROWS = 1
    TUPLE_ROWS = 2
    UNNAMED_ROWS = 3


@cython.final
cdef class TypedObjects:
    """Rows of exact plain types, as columns. Immutable."""

    def __init__(self):
        raise TypeError("use type_objects")


cdef TypedObjects new_typed(int row_kind, object names, list columns):
    cdef TypedObjects typed = TypedObjects.__new__(TypedObjects)
    typed.row_kind = row_kind
    typed.names = names
    typed.columns = columns
    return typed


cpdef TypedObjects type_objects(list rows):
    cdef Py_ssize_t length = PyList_GET_SIZE(rows)
    cdef tuple names
    cdef list columns
    if length == 0:
        return None
    first = <object> PyList_GET_ITEM(rows, 0)
    if PyTuple_CheckExact(first):
        columns = columns_of_tuples(rows)
        names = () if columns is None else tuple([f"f{at}" for at in range(len(columns))])
        return None if columns is None else new_typed(TUPLE_ROWS, names, columns)
    if type(first) is Row:
        return type_rows(rows)
    if not is_plain(first):
        return None
    column = column_of(rows)
    return None if column is None else new_typed(VALUE_ROWS, None, [column])


cdef bint is_plain(object value) noexcept:
    """Whether values of this exact type can be a column."""
    return PyLong_CheckExact(value) or PyFloat_CheckExact(value) or PyUnicode_CheckExact(value) \
        or PyBytes_CheckExact(value) or value is None or value is True or value is False


cdef TypedObjects type_rows(list rows):
    cdef Py_ssize_t at, length = PyList_GET_SIZE(rows)
    cdef tuple names = (<Row> PyList_GET_ITEM(rows, 0))._names
    cdef list data = PyList_New(length)
    cdef list columns
    cdef Row row
    for at in range(length):
        value = <object> PyList_GET_ITEM(rows, at)
        if type(value) is not Row:
            return None
        row = <Row> value
        if row._kind != 0 or (row._names is not names and row._names != names):
            return None
        Py_INCREF(row._data)
        PyList_SET_ITEM(data, at, row._data)
    columns = columns_of_tuples(data)
    if columns is None or (names is not None and len(names) != len(columns)):
        return None
    if names is None:
        return new_typed(
            UNNAMED_ROWS, tuple([f"f{at}" for at in range(len(columns))]), columns)
    return new_typed(NAMED_ROWS, names, columns)


cdef list columns_of_tuples(list rows):
    """One column per position of tuples of one length; None if one position has no type."""
    cdef Py_ssize_t at, field, width, length = PyList_GET_SIZE(rows)
    cdef list values
    cdef list columns = []
    first = <object> PyList_GET_ITEM(rows, 0)
    width = PyTuple_GET_SIZE(first)
    if width == 0:
        return None
    for field in range(width):
        if not is_plain(<object> PyTuple_GET_ITEM(first, field)):
            return None
    for at in range(length):
        row = <object> PyList_GET_ITEM(rows, at)
        if not PyTuple_CheckExact(row) or PyTuple_GET_SIZE(row) != width:
            return None
    for field in range(width):
        values = PyList_New(length)
        for at in range(length):
            value = <object> PyTuple_GET_ITEM(<object> PyList_GET_ITEM(rows, at), field)
            Py_INCREF(value)
            PyList_SET_ITEM(values, at, value)
        column = column_of(values)
        if column is None:
            return None
        columns.append(column)
    return columns


cdef object column_of(list values):
    cdef ColumnPtr handle
    return wrap_column(handle) if unbox_adaptive(values, &handle) else None


cdef list unnamed_rows(list tuples):
    """A Row without names around each tuple."""
    return [new_row(values, None) for values in tuples]
