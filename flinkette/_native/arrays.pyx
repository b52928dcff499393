"""Batches as dicts of arrays and back. See arrays.pyi."""

from cpython.dict cimport PyDict_Next
from cpython.list cimport PyList_GET_ITEM, PyList_GET_SIZE
from cpython.object cimport PyObject

from flinkette._native.batch cimport Batch
from flinkette._native.column cimport Column, is_machine_array, wrap_buffer

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *object) noexcept

# numpy's codes of machine integers and floats.
cdef str PLAIN = "bBhHiIlLqQefd"


def arrays_of(Batch batch not None, as_array, convert):
    cdef Column column
    cdef dict arrays = {}
    for name, column in zip(batch.row_type or ("value",), batch.columns):
        if column.length and is_machine_array(column):
            arrays[name] = as_array(column)
        else:
            arrays[name] = convert(column)
    return arrays


def batch_of(list returned not None, array_type, convert):
    cdef PyObject *arrays
    cdef PyObject *name = NULL
    cdef PyObject *array = NULL
    cdef Py_ssize_t position = 0
    cdef bint is_dict_shared, is_shared
    cdef list columns = []
    if PyList_GET_SIZE(returned) != 1 or type(returned[0]) is not dict:
        raise TypeError("a list of one dict is needed")
    # Borrowed references all the way: each one that we took would count.
    arrays = <PyObject *> PyList_GET_ITEM(returned, 0)
    is_dict_shared = Py_REFCNT(arrays) > 1
    while PyDict_Next(<object> arrays, &position, &name, &array):
        is_shared = is_dict_shared or Py_REFCNT(array) > 1
        if type(<object> array) is array_type:
            columns.append(column_of(<object> array, is_shared, convert))
        else:
            columns.append(convert(<object> array))
    return Batch.from_columns(columns, tuple(<dict> <object> arrays))


cdef Column column_of(object values, bint is_shared, object convert):
    """An array as a column, sharing its memory if nobody can change that any more."""
    dtype = values.dtype
    if dtype.char not in PLAIN or values.ndim != 1:
        return convert(values)
    base = values.base
    if base is None and not is_shared and dtype.isnative:
        return wrap_buffer(values)
    if type(base) is memoryview:
        owner = base.obj
        if type(owner) is Column and (<Column> owner).length == len(values):
            return owner
    return wrap_buffer(values.astype(dtype.newbyteorder("=")))
